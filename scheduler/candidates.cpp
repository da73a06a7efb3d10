// SPDX-License-Identifier: Apache-2.0
#include "scheduler/candidates.hpp"

#include <algorithm>

namespace graft::scheduler {

namespace {

// Busy or idle, as far as ranks have said hello; cheap where there are thousands.
std::size_t slots_at_work(const State& state) {
    return state.flights.size() + state.idle.size();
}

// What runs has left to do, by its last saves, over all its slots.
double running_seconds(const State& state, const std::string& device) {
    double seconds = 0, weight = 0;
    const TrialClass* weighed = nullptr;
    for (const auto& [cohort, flight] : state.flights) {
        if (!weighed || *weighed != flight.its_class) {  // most are as the one before
            weighed = &flight.its_class;
            weight = state.costs.weight(flight.its_class, device);
        }
        seconds += flight.work * weight * static_cast<double>(flight.slots.size());
    }
    return seconds;
}

// More is sooner.
std::pair<double, double> urgency(const Candidate& candidate) {
    return {candidate.urgent, candidate.alone};
}

}  // namespace

bool goes_before(const Candidate& a, const Candidate& b) {
    return urgency(a) > urgency(b);
}

std::vector<Candidate> candidates_of(const State& state, std::size_t each,
                                     const std::string& device, std::optional<core::Instant> now) {
    std::vector<Candidate> result;
    result.reserve(each * state.queue.classes().size());
    const auto on = CostModel::key_of_device(device);
    double all = 0, longest = 0, most = 0;
    std::optional<std::size_t> need;  // of the class before: classes of one dataset stand together
    bool ready = false;
    for (const auto& [its_class, waiting] : state.queue.classes()) {
        if (need != waiting.need) {
            need = waiting.need;
            const auto dataset = state.datasets.find(its_class.need);
            ready = dataset != state.datasets.end() &&
                    std::holds_alternative<sweep::DatasetReady>(dataset->second);
        }
        const double weight = state.costs.weight(waiting.key, its_class.slots, on);
        const double of_slots = weight * its_class.slots;
        all += waiting.work * weight * its_class.slots;
        longest = std::max(longest, waiting.items.begin()->alone * weight);
        if (!ready || (now && !state.deadline.admits(its_class, *now))) {
            continue;
        }
        auto item = waiting.items.begin();
        for (std::size_t i = 0; i < each && item != waiting.items.end(); ++i, ++item) {
            const double seconds = item->work * of_slots;
            most = std::max(most, seconds);
            result.push_back(
                {&its_class, &*item, seconds, item->alone * of_slots, seconds, waiting.need});
        }
    }
    const auto slots = static_cast<double>(std::max<std::size_t>(1, slots_at_work(state)));
    double end = std::max(longest, all / slots);
    if (most > end) {  // otherwise what runs changes nothing: there may be thousands
        end = std::max(longest, (all + running_seconds(state, device)) / slots);
        for (auto& candidate : result) {
            candidate.urgent = std::min(candidate.seconds, end);
        }
    }
    return result;
}

std::vector<Candidate> by_urgency(std::vector<Candidate> candidates) {
    std::stable_sort(candidates.begin(), candidates.end(), goes_before);
    return candidates;
}

}  // namespace graft::scheduler
