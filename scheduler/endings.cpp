// SPDX-License-Identifier: Apache-2.0
#include "scheduler/endings.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/reactor.hpp"
#include "scheduler/retry.hpp"

namespace graft::scheduler {

namespace {

void free_slots(State& state, const Flight& flight, const Consequence& consequence) {
    for (const auto slot : flight.slots) {
        LiveSlot& live = *find_slot(state, flight.rank, slot);
        live.charges = consequence.charges_slot ? live.charges + 1 : 0;
        if (!runs(live)) {
            continue;
        }
        live.state = Idle{};
        if (consequence.ends_slot) {
            live.state = Gone{consequence.message};
        } else if (live.charges >= kChargesUntilGone && usable_slots(state) > 1) {
            live.state = Gone{fmt::format("{} attempts in a row were killed here", live.charges)};
        }
        if (!runs(live)) {
            state.lines.push_back(fmt::format("slot {} of rank {} takes no more work: {}",
                                              slot.value, flight.rank.value,
                                              std::get<Gone>(live.state).reason));
        }
    }
}

std::vector<sweep::Attempt> counted_attempts(const sweep::Trial& trial) {
    return {trial.attempts.begin() + static_cast<std::ptrdiff_t>(trial.forgiven),
            trial.attempts.end()};
}

// Every trial so far fails with one and the same error: a mistake in the sweep file or the data,
// and not worth the other thousand.
void fail_fast(State& state, Outbox& outbox, const std::string& message) {
    const int count = ++state.same_errors[message];
    const int first_trials = std::max(3, usable_slots(state));
    if (!state.anything_saved && state.same_errors.size() == 1 && count >= first_trials &&
        !state.queue.empty()) {
        begin_stop(state, outbox,
                   {Outcome::input_error,
                    fmt::format("the first {} trials all failed with the same error: {}", count,
                                message)});
    }
}

void settle_member(State& state, Outbox& outbox, const TrialId& id, const sweep::Ending& ending,
                   const Consequence& consequence, Moment moment) {
    const auto& trial = *state.record.find(id);
    if (!std::holds_alternative<sweep::Waiting>(trial.state)) {
        return;  // it has its result
    }
    const auto name = name_of_trial(trial);
    if (consequence.trial_fails) {
        record_event(state, outbox, sweep::TrialFailed{moment.wall, id, *consequence.trial_fails});
        state.lines.push_back(fmt::format("{} failed: {}", name, *consequence.trial_fails));
        if (std::holds_alternative<sweep::InputFault>(ending)) {
            fail_fast(state, outbox, *consequence.trial_fails);
        }
        return;
    }
    enqueue(state, id);
    if (!std::holds_alternative<sweep::Drained>(ending)) {
        state.lines.push_back(
            fmt::format("{} goes on from its last save ({})", name, consequence.message));
    }
}

}  // namespace

void record_event(State& state, Outbox& outbox, const sweep::Event& event) {
    state.record.apply(event);
    outbox.emit(event);
}

void enqueue(State& state, const TrialId& trial) {
    const auto* found = state.record.find(trial);
    const auto place = static_cast<std::size_t>(found - state.record.trials().data());
    state.queue.insert(*found, place);
    state.datasets.try_emplace(need_of(*found));
}

void end_cohort(State& state, Outbox& outbox, CohortId cohort, const sweep::Ending& ending,
                Moment moment) {
    const Flight flight = state.flights.at(cohort);
    state.flights.erase(cohort);
    record_event(state, outbox, sweep::AttemptEnded{moment.wall, cohort, ending});
    const bool alone = flight.members.size() == 1;
    const auto& first = *state.record.find(flight.members.front());
    const Consequence common = consequence_of(ending, flight.saves, counted_attempts(first), alone);
    free_slots(state, flight, common);
    for (const auto& id : flight.members) {
        const auto& trial = *state.record.find(id);
        settle_member(state, outbox, id, ending,
                      consequence_of(ending, flight.saves, counted_attempts(trial), alone), moment);
    }
    if (common.no_space) {
        begin_stop(state, outbox, {Outcome::no_space, common.message});
    }
    state.attempts_without_save += common.counts_without_save;
    if (state.attempts_without_save >= kAttemptsWithoutSave) {
        begin_stop(
            state, outbox,
            {Outcome::stopped,
             fmt::format("{} attempts in a row ended before a save (the last: {}). Look into "
                         "logs/, mend the cause, and run again.",
                         kAttemptsWithoutSave, common.message)});
    }
}

std::string name_of_trial(const sweep::Trial& trial) {
    const auto& spec = trial.spec;
    return fmt::format("{} on {}, {}, freeze {}, seed {} ({})", spec.network, spec.dataset,
                       spec.init_text, core::shortest(spec.freeze), spec.seed, trial.id.value);
}

}  // namespace graft::scheduler
