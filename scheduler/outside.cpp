// SPDX-License-Identifier: Apache-2.0
#include "scheduler/outside.hpp"

#include <algorithm>

#include "sweep/dataset_row.hpp"

#include "scheduler/blame.hpp"
#include "scheduler/endings.hpp"

namespace graft::scheduler {

namespace {

// An attempt of this start, with all members of its cohort.
struct Seen {
    const sweep::Attempt* attempt = nullptr;
    std::vector<TrialId> members;
    TrialClass its_class;
};

std::map<CohortId, Seen> seen_since_start(const sweep::Record& record) {
    std::map<CohortId, Seen> cohorts;
    const auto begun =
        record.starts().empty() ? core::WallTime{} : record.starts().back().started.time;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            if (attempt.start >= begun && !attempt.slots.empty()) {
                auto& seen = cohorts[attempt.cohort];
                if (seen.members.empty()) {
                    seen.attempt = &attempt;
                    seen.its_class = class_of(trial);
                }
                seen.members.push_back(trial.id);
                if (seen.members.size() > 1) {
                    seen.its_class.freeze.reset();
                }
            }
        }
    }
    return cohorts;
}

void add_ranks(State& state, const std::map<CohortId, Seen>& cohorts) {
    for (const auto& [cohort, seen] : cohorts) {
        const auto& attempt = *seen.attempt;
        LiveRank& rank = state.ranks[attempt.rank];
        rank.stage = RankStage::working;
        rank.host = attempt.host;
        for (const auto slot : attempt.slots) {
            const auto needed = static_cast<std::size_t>(std::max(0, slot.value)) + 1;
            resize_slots(state, attempt.rank, std::max(rank.slots.size(), needed));
            LiveSlot& live = *find_slot(state, attempt.rank, slot);
            live.holds = seen.its_class.need;
            if (!attempt.device.empty()) {
                live.info.device_name = attempt.device;
                live.numerics = attempt.numerics;
            }
        }
    }
}

Flight flight_of(const Seen& seen) {
    Flight flight;
    flight.rank = seen.attempt->rank;
    flight.slots = seen.attempt->slots;
    flight.members = seen.members;
    flight.started = instant_of(seen.attempt->start);
    flight.begun = !seen.attempt->device.empty();
    flight.saves = seen.attempt->saves;
    flight.its_class = seen.its_class;
    return flight;
}

// The trial was given up at this attempt's end: then a device out of memory was its alone.
bool failed_it(const sweep::Trial& trial, const sweep::Attempt& attempt) {
    const auto place = static_cast<std::size_t>(&attempt - trial.attempts.data()) + 1;
    const bool last = place == trial.attempts.size();
    return place == trial.forgiven || (last && std::holds_alternative<sweep::Failed>(trial.state));
}

void charge(State& state, const Seen& seen) {
    const Flight flight = flight_of(seen);
    const auto& attempt = *seen.attempt;
    if (attempt.saves > 0) {
        forgive_slots(state, flight);
    }
    if (!attempt.ending) {
        return;
    }
    if (std::holds_alternative<sweep::RankLost>(*attempt.ending)) {
        state.ranks.at(attempt.rank).stage = RankStage::lost;
    }
    Outbox unsent;
    const auto& trial = *state.record.find(seen.members.front());
    const auto blame = consequence_of(*attempt.ending, trial, failed_it(trial, attempt)).blame;
    settle_slots(state, unsent, flight, blame, sweep::text_of(*attempt.ending),
                 {instant_of(*attempt.end), *attempt.end});
}

// In the order in which the attempts ended; those that run come last.
void charge_all(State& state, const std::map<CohortId, Seen>& cohorts) {
    std::vector<const Seen*> order;
    for (const auto& [cohort, seen] : cohorts) {
        order.push_back(&seen);
    }
    std::stable_sort(order.begin(), order.end(), [](const Seen* a, const Seen* b) {
        const auto open = [](const Seen* seen) { return !seen->attempt->end.has_value(); };
        return open(a) || open(b) ? open(a) < open(b) : *a->attempt->end < *b->attempt->end;
    });
    for (const Seen* seen : order) {
        charge(state, *seen);
    }
}

void add_flights(State& state, const std::map<CohortId, Seen>& cohorts) {
    for (const auto& [cohort, seen] : cohorts) {
        if (seen.attempt->ending) {
            continue;
        }
        Flight& flight = state.flights[cohort] = flight_of(seen);
        const auto left = unfinished(state, flight);
        flight.work = cohort_multiply_adds(shape_of(left));
        for (const auto slot : seen.attempt->slots) {
            set_activity(state, seen.attempt->rank, slot, Busy{cohort});
        }
    }
}

}  // namespace

core::Instant instant_of(core::WallTime time) {
    return core::Instant(std::chrono::duration_cast<core::Instant::duration>(
        std::chrono::microseconds(time.micros)));
}

core::WallTime wall_of(core::Instant instant) {
    const auto since = instant.time_since_epoch();
    return {std::chrono::duration_cast<std::chrono::microseconds>(since).count()};
}

bool waits_for_work(const sweep::Trial& trial, const Outside& outside) {
    return std::holds_alternative<sweep::Waiting>(trial.state) ||
           (std::holds_alternative<sweep::Running>(trial.state) && !outside.runs);
}

State state_from_outside(const sweep::Record& record, const Outside& outside) {
    Settings settings;
    settings.ranks = 0;
    settings.on_other_hardware = outside.run.on_other_hardware;
    settings.cohorts = outside.run.cohorts ? Cohorts::formed : Cohorts::off;
    State state = make_state(std::move(settings), record, instant_of(outside.now));
    for (const auto& trial : state.record.trials()) {
        if (waits_for_work(trial, outside) && !trial.left_out) {
            enqueue(state, trial.id);
        }
    }
    for (auto& [need, dataset] : state.datasets) {
        const auto* known =
            sweep::dataset_row(state.record, need.dataset, need.fingerprint, need.size);
        if (known && outside.there(*known)) {
            dataset = *known;
        }
    }
    if (outside.runs) {
        state.costs = {};
        state.costs.learn(state.record, CostModel::From::saved_too);  // as from saves of this start
        const auto cohorts = seen_since_start(state.record);
        add_ranks(state, cohorts);
        charge_all(state, cohorts);
        add_flights(state, cohorts);
        wake_slots(state, instant_of(outside.now));
    }
    state.lines.clear();
    return state;
}

}  // namespace graft::scheduler
