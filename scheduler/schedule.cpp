// SPDX-License-Identifier: Apache-2.0
#include "scheduler/schedule.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/endings.hpp"
#include "scheduler/policy.hpp"
#include "scheduler/reactor.hpp"
#include "scheduler/verdicts.hpp"

namespace graft::scheduler {

namespace {

sweep::Assign assign_message(const State& state, CohortId cohort, const Assignment& assignment) {
    sweep::Assign assign;
    assign.cohort = cohort;
    assign.slots = assignment.slots;
    for (const auto& id : assignment.members) {
        const auto& trial = *state.record.find(id);
        assign.members.push_back({id, trial.attempts.back().number, trial.spec, trial.files,
                                  trial.position, trial.may_begin_again(),
                                  stopping_of(state.rivals, trial), trial.is_to_stop()});
    }
    const auto& first = *state.record.find(assignment.members.front());
    const auto& dataset = std::get<sweep::DatasetReady>(state.datasets.at(need_of(first)));
    assign.directory = state.settings.directory;
    assign.prepared = dataset.prepared;
    assign.prepared_checksum = dataset.pixels_checksum;
    assign.weights = state.settings.weights(first.spec);
    if (state.settings.network) {
        assign.network = state.settings.network(first.spec);
    }
    assign.image_size = first.work.image_size;
    return assign;
}

void assign(State& state, Outbox& outbox, const Assignment& assignment, Moment moment) {
    const CohortId cohort = state.record.next_cohort();
    std::vector<const sweep::Trial*> members;
    sweep::AttemptStarted started;
    started.time = moment.wall;
    started.cohort = cohort;
    started.rank = assignment.rank;
    started.slots = assignment.slots;
    started.host = state.ranks.at(assignment.rank).host;
    for (const auto& id : assignment.members) {
        members.push_back(state.record.find(id));
        const auto& attempts = members.back()->attempts;
        started.members.push_back({id, attempts.empty() ? 1 : attempts.back().number + 1});
        state.queue.erase(id);
    }
    record_event(state, outbox, started);
    Flight flight;
    flight.its_class = class_of(members);
    flight.work = cohort_multiply_adds(shape_of(members));
    for (const auto slot : assignment.slots) {
        set_activity(state, assignment.rank, slot, Busy{cohort});
        find_slot(state, assignment.rank, slot)->holds = flight.its_class.need;
    }
    flight.rank = assignment.rank;
    flight.slots = assignment.slots;
    flight.members = assignment.members;
    flight.started = moment.now;
    state.flights[cohort] = std::move(flight);
    outbox.send(assignment.rank, assign_message(state, cohort, assignment));
}

bool any_preparing(const State& state) {
    return std::any_of(state.datasets.begin(), state.datasets.end(), [](const auto& entry) {
        return std::holds_alternative<Preparing>(entry.second);
    });
}

bool any_resting(const State& state) {
    return std::any_of(state.ranks.begin(), state.ranks.end(), [](const auto& entry) {
        const LiveRank& live = entry.second;
        return live.stage == RankStage::working &&
               std::any_of(live.slots.begin(), live.slots.end(), [](const LiveSlot& slot) {
                   return std::holds_alternative<Resting>(slot.state);
               });
    });
}

// One at a time: preparing takes every idle core itself.
void prepare_next(State& state, Outbox& outbox) {
    if (any_preparing(state)) {
        return;
    }
    const auto needs = needs_in_order(state);
    if (!needs.empty()) {
        state.datasets.at(needs.front()) = Preparing{};
        outbox.prepare(needs.front());
    }
}

Stop end_of_work(const State& state) {
    std::int64_t failed = 0;
    std::string message;
    for (const auto& trial : state.record.trials()) {
        const auto* failure = std::get_if<sweep::Failed>(&trial.state);
        if (failure && !trial.left_out && ++failed == 1) {
            message = failure->message;
        }
    }
    if (failed == 0) {
        return {Outcome::done, ""};
    }
    return {Outcome::some_failed,
            fmt::format("{} trials failed (the first: {}). 'graft status' lists them, 'graft "
                        "retry' tries them again.",
                        failed, message)};
}

// Why trials wait although no cohort runs and nothing is being prepared.
Stop stuck(const State& state) {
    for (const auto& [its_class, waiting] : state.queue.classes()) {
        const auto& dataset = state.datasets.at(its_class.need);
        if (const auto* broken = std::get_if<Broken>(&dataset)) {
            return {Outcome::input_error, fmt::format("dataset '{}' could not be prepared: {}",
                                                      its_class.need.dataset, broken->message)};
        }
    }
    if (usable_slots(state) == 0) {
        return {Outcome::stopped,
                "no slot is left that could take work (see logs/). Mend the devices, or run on "
                "other nodes."};
    }
    const auto& [its_class, waiting] = *state.queue.classes().begin();
    return {Outcome::input_error,
            fmt::format("{} trials wait for slots that no rank has (each takes {}, or must go on "
                        "on the hardware it began on). Change gpus_per_trial, on_other_hardware, "
                        "or the allocation.",
                        state.queue.size(), its_class.slots)};
}

// Only the deadline keeps the waiting trials from running.
Stop no_time_left(const State& state, core::Instant now) {
    return {Outcome::drained,
            fmt::format("none of the {} that wait can reach its first save before the job's time "
                        "limit in {}: the job ends early and gives its nodes back. 'graft run' "
                        "goes on.",
                        core::counted(state.queue.size(), "trial"),
                        core::duration_text(core::Seconds(*state.deadline.end() - now).count()))};
}

// Slots idle although trials wait; said once.
void say_what_does_not_fit(State& state, core::Instant now) {
    if (!state.deadline.end() || state.said_idle || state.flights.empty()) {
        return;
    }
    const auto next = next_assignment(state, std::nullopt);
    if (!next) {
        return;
    }
    state.said_idle = true;
    std::vector<const sweep::Trial*> members;
    for (const auto& id : next->members) {
        members.push_back(state.record.find(id));
    }
    state.lines.push_back(fmt::format(
        "slots idle from now on: the {} that wait take about {} to their first save, and the "
        "job's time limit comes in {}",
        core::counted(state.queue.size(), "trial"),
        core::duration_text(
            state.deadline.to_first_save(class_of(members), members.size()).count()),
        core::duration_text(core::Seconds(*state.deadline.end() - now).count())));
}

bool all_gone(const State& state) {
    return std::all_of(state.ranks.begin(), state.ranks.end(), [](const auto& entry) {
        return entry.second.stage == RankStage::left || entry.second.stage == RankStage::lost;
    });
}

std::string reason_text(Outcome outcome) {
    switch (outcome) {
        case Outcome::done:
        case Outcome::some_failed:
            return "done";
        case Outcome::drained:
            return "drained";
        case Outcome::no_space:
            return "no space";
        case Outcome::input_error:
        case Outcome::stopped:
            break;
    }
    return "stopped";
}

void move_end_on(State& state, Outbox& outbox, Moment moment) {
    if (!state.told_to_leave && state.flights.empty()) {
        state.told_to_leave = true;
        for (auto& [rank, live] : state.ranks) {
            if (live.stage != RankStage::lost && live.stage != RankStage::leaving) {
                outbox.send(rank, sweep::Leave{});
            }
            if (live.stage == RankStage::working) {
                live.stage = RankStage::leaving;
            }
        }
    }
    if (state.told_to_leave && !state.closed && all_gone(state)) {
        record_event(state, outbox, sweep::Closed{moment.wall, reason_text(state.stop->outcome)});
        state.closed = true;
    }
}

}  // namespace

void schedule(State& state, Outbox& outbox, Moment moment) {
    while (!state.stop) {
        const auto assignment = next_assignment(state, moment.now);
        if (!assignment) {
            say_what_does_not_fit(state, moment.now);
            break;
        }
        assign(state, outbox, *assignment, moment);
    }
    if (!state.stop) {
        prepare_next(state, outbox);
    }
    if (!state.stop && state.flights.empty()) {
        const bool expecting = std::any_of(
            state.ranks.begin(), state.ranks.end(),
            [](const auto& entry) { return entry.second.stage == RankStage::expected; });
        if (state.queue.empty()) {
            begin_stop(state, outbox, end_of_work(state));
        } else if (state.deadline.end() && !expecting && !any_preparing(state) &&
                   next_assignment(state, std::nullopt)) {
            begin_stop(state, outbox, no_time_left(state, moment.now));
        } else if (usable_slots(state) == 0 ||
                   (!expecting && !any_preparing(state) && !any_resting(state))) {
            begin_stop(state, outbox, stuck(state));
        }
    }
    if (state.stop) {
        move_end_on(state, outbox, moment);
    }
}

void drop_rank(State& state, Outbox& outbox, Rank rank, RankStage stage, Moment moment) {
    state.ranks.at(rank).stage = stage;
    std::vector<CohortId> cohorts;
    for (const auto& [cohort, flight] : state.flights) {
        if (flight.rank == rank) {
            cohorts.push_back(cohort);
        }
    }
    for (const auto cohort : cohorts) {
        end_cohort(state, outbox, cohort, sweep::RankLost{}, moment);
    }
}

}  // namespace graft::scheduler
