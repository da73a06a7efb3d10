// SPDX-License-Identifier: Apache-2.0
#include "scheduler/division.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/endings.hpp"
#include "scheduler/together.hpp"

namespace graft::scheduler {

namespace {

constexpr double kTenthEarlier = 0.9;

// Idle slots on which members could go on that were saved under these numerics.
std::size_t idle_slots(const State& state, const std::string& numerics) {
    std::size_t idle = 0;
    for (const auto& [rank, live] : state.ranks) {
        for (const auto& slot : live.slots) {
            idle += live.stage == RankStage::working && std::holds_alternative<Idle>(slot.state) &&
                    why_aside(live, slot).empty() &&
                    (slot.numerics.empty() || slot.numerics == numerics);
        }
    }
    return idle;
}

double seconds_left(const State& state, const Flight& flight) {
    const auto& slots = state.ranks.at(flight.rank).slots;
    const auto& slot = slots.at(static_cast<std::size_t>(flight.slots.front().value));
    const auto rate = state.costs.seconds_per_multiply_add(flight.its_class, slot.info.device_name);
    return rate ? work_left(state, flight) * *rate : 0;
}

std::map<CohortId, Flight>::iterator last_to_end(State& state) {
    return std::max_element(
        state.flights.begin(), state.flights.end(), [&](const auto& a, const auto& b) {
            return seconds_left(state, a.second) < seconds_left(state, b.second);
        });
}

bool dividable(const State& state, const Flight& flight, Moment moment) {
    return flight.saves > 0 && flight.slots.size() == 1 && unfinished(state, flight).size() > 1 &&
           state.deadline.admits(flight.its_class, moment.now, flight.members.size());
}

void divide(State& state, Outbox& outbox, CohortId cohort, const Split& split) {
    Flight& flight = state.flights.at(cohort);
    flight.draining = true;
    outbox.send(flight.rank, sweep::Drain{cohort});
    const auto members = unfinished(state, flight);
    state.lines.push_back(fmt::format(
        "slots idle: the cohort of {} with {} saves and is divided in {}; about {} left instead "
        "of {}",
        core::counted(members.size(), "trial"), name_of_trial(state, *members.front()), split.parts,
        core::duration_text(split.after.count()), core::duration_text(split.now.count())));
}

}  // namespace

Split split_of(const CohortShape& shape, double seconds_per_multiply_add, std::size_t slots,
               std::size_t most, core::Seconds restart) {
    Around others;
    others.slots = static_cast<double>(slots);
    others.free.assign(std::max<std::size_t>(1, slots), 0);
    others.most = most;
    const auto parts = best_parts(shape, others);
    return {core::Seconds(cohort_multiply_adds(shape) * seconds_per_multiply_add),
            restart + core::Seconds(end_of(shape, parts, others) * seconds_per_multiply_add),
            parts.size()};
}

bool worth_it(const Split& split, core::Seconds restart) {
    return split.parts > 1 && split.now > restart && split.after < kTenthEarlier * split.now;
}

void divide_for_idle_slots(State& state, Outbox& outbox, Moment moment) {
    if (state.stop || !state.queue.empty() || state.flights.empty()) {
        return;
    }
    const bool divides = std::any_of(state.flights.begin(), state.flights.end(),
                                     [](const auto& entry) { return entry.second.draining; });
    const auto last = last_to_end(state);
    const Flight& flight = last->second;
    if (divides || !dividable(state, flight, moment)) {
        return;
    }
    const auto& own = *find_slot(state, flight.rank, flight.slots.front());
    const auto idle = idle_slots(state, own.numerics);
    const auto rate = state.costs.seconds_per_multiply_add(flight.its_class, own.info.device_name);
    if (idle == 0 || !rate) {
        return;
    }
    const auto shape = shape_ahead(state, flight);
    const auto restart = state.deadline.to_first_save(flight.its_class);
    const auto split = split_of(shape, *rate, idle + 1, kMostMembers, restart);
    if (worth_it(split, restart)) {
        divide(state, outbox, last->first, split);
    }
}

}  // namespace graft::scheduler
