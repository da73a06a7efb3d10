// SPDX-License-Identifier: Apache-2.0
#include "scheduler/together.hpp"

#include <algorithm>
#include <limits>

#include "scheduler/policy.hpp"

namespace graft::scheduler {

namespace {

constexpr double kShareOfMemory = 0.5;

double fitting(const std::optional<double>& memory, double bytes) {
    return memory && bytes > 0 ? 1 + kShareOfMemory * *memory / bytes
                               : std::numeric_limits<double>::infinity();
}

// Weighed seconds of all that waits.
double waiting_seconds(const State& state, const std::string& device) {
    double seconds = 0;
    const auto on = CostModel::key_of_device(device);
    for (const auto& [its_class, waiting] : state.queue.classes()) {
        seconds +=
            waiting.work * state.costs.weight(waiting.key, its_class.slots, on) * its_class.slots;
    }
    return seconds;
}

std::size_t admitted_members(const State& state, const TrialClass& its_class,
                             std::optional<core::Instant> now, std::size_t most) {
    while (now && most > 1 && !state.deadline.admits(its_class, *now, most)) {
        --most;
    }
    return most;
}

// As many as are needed of the slots that are free first, in groups of `its_class.slots`.
std::vector<double> first_free(std::vector<double> free, std::size_t slots, std::size_t each,
                               std::size_t members) {
    free.resize(std::max(free.size(), slots), 0);  // those of which no flight has told are idle
    std::sort(free.begin(), free.end());
    std::vector<double> first;
    for (std::size_t i = each - 1; i < free.size() && first.size() < members; i += each) {
        first.push_back(free[i]);
    }
    return first.empty() ? std::vector<double>{0} : first;
}

}  // namespace

std::size_t fitting_members(const TrainerMemory& memory,
                            const std::vector<const sweep::Trial*>& members) {
    double on_device = 0, on_host = 0;
    for (const auto* member : members) {
        on_device = std::max(on_device, bytes_on_device(member->spec, member->work));
        on_host = std::max(on_host, bytes_on_host(member->work));
    }
    const double fit = memory.device_bytes ? std::min(fitting(memory.device_bytes, on_device),
                                                      fitting(memory.host_bytes, on_host))
                                           : fitting(memory.host_bytes, on_device + on_host);
    return static_cast<std::size_t>(std::min<double>(kMostMembers, fit));
}

CohortShape shape_ahead(const State& state, const Flight& flight) {
    const auto members = unfinished(state, flight);
    auto shape = shape_of(members);
    if (members.empty()) {
        return shape;
    }
    const auto& first = *members.front();
    const auto& said = flight.progress.position;
    if (flight.trained && (!first.position || said.step > first.position->step)) {
        shape.ahead = images_ahead(first.spec, first.work, said);
    }
    return shape;
}

double work_left(const State& state, const Flight& flight) {
    return cohort_multiply_adds(shape_ahead(state, flight));
}

int slots_in_all(const State& state) {
    int largest = 1, expected = 0;
    for (const auto& [rank, live] : state.ranks) {
        largest = std::max(largest, static_cast<int>(live.slots.size()));
        expected += live.stage == RankStage::expected;
    }
    return usable_slots(state) + expected * (largest - 1);
}

Around around(const State& state, const TrialClass& its_class, const Queue::Item& item,
              std::size_t members) {
    const std::string device = any_device(state);
    const double weight = state.costs.weight(its_class, device);
    const auto each = static_cast<std::size_t>(its_class.slots);
    const auto slots = static_cast<std::size_t>(std::max(1, slots_in_all(state)));
    double seconds = waiting_seconds(state, device) - item.work * weight * its_class.slots;
    std::vector<double> free;
    const TrialClass* looked_up = nullptr;
    double flight_weight = 0;
    for (const auto& [cohort, flight] : state.flights) {
        if (!looked_up || *looked_up != flight.its_class) {  // most are as the one before
            looked_up = &flight.its_class;
            flight_weight = state.costs.weight(flight.its_class, device);
        }
        const double left = flight.work * flight_weight;
        for (std::size_t i = 0; i < flight.slots.size(); ++i) {
            free.push_back(left / weight);
            seconds += left;
        }
    }
    Around result;
    result.slots = std::max(1.0, static_cast<double>(slots) / static_cast<double>(each));
    result.work = std::max(0.0, seconds) / weight / its_class.slots;
    result.last_free = free.empty() ? 0 : *std::max_element(free.begin(), free.end());
    result.free = first_free(std::move(free), slots, each, members);
    return result;
}

std::vector<TrialId> going_together(const State& state, const TrialClass& its_class,
                                    const Queue::Item& item, std::optional<core::Instant> now) {
    auto ids = state.queue.members(item);
    ids.resize(std::min(ids.size(), 2 * kMostMembers));
    std::vector<const sweep::Trial*> members;
    for (const auto& id : ids) {
        members.push_back(state.record.find(id));
    }
    if (members.size() == 1) {
        return ids;
    }
    const auto& first = *members.front();
    const auto most = admitted_members(
        state, its_class, now,
        std::min(most_together(first), fitting_members(state.settings.memory, members)));
    const auto shape = shape_of(members);
    Around others;
    others.slots = std::max(1.0, static_cast<double>(slots_in_all(state)) / its_class.slots);
    others.most = most;
    const std::string device = any_device(state);
    const double weight = state.costs.weight(its_class, device);
    others.work = waiting_seconds(state, device) / weight / its_class.slots - item.work;
    // With so much waiting that no slot can idle, what runs need not be looked at: there may be
    // thousands.
    if (members.size() > most ||
        cohort_multiply_adds(shape) * others.slots > others.work + cohort_multiply_adds(shape)) {
        others = around(state, its_class, item, members.size());
        others.most = most;
    }
    std::vector<TrialId> going;
    for (const auto member : next_part(shape, others)) {
        going.push_back(ids[member]);
    }
    return going;
}

}  // namespace graft::scheduler
