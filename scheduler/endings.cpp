// SPDX-License-Identifier: Apache-2.0
#include "scheduler/endings.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"

#include "scheduler/blame.hpp"
#include "scheduler/reactor.hpp"
#include "scheduler/retry.hpp"

namespace graft::scheduler {

namespace {

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
                   bool alone, Moment moment) {
    const auto& trial = *state.record.find(id);
    if (!std::holds_alternative<sweep::Waiting>(trial.state)) {
        return;  // it has its result
    }
    const auto name = name_of_trial(state, trial);
    const auto failure = consequence_of(ending, trial, alone).trial_fails;
    if (failure) {
        record_event(state, outbox, sweep::TrialFailed{moment.wall, id, *failure});
        state.lines.push_back(fmt::format("{} failed: {}", name, *failure));
        if (std::holds_alternative<sweep::InputFault>(ending)) {
            fail_fast(state, outbox, *failure);
        }
        return;
    }
    enqueue(state, id);
    if (!std::holds_alternative<sweep::Drained>(ending)) {
        state.lines.push_back(
            fmt::format("{} goes on from its last save ({})", name, sweep::text_of(ending)));
    }
}

// What one save of everything that runs takes, as far as saves are known.
std::uint64_t bytes_of_saves(const State& state) {
    std::uint64_t largest = 0;
    for (const auto& trial : state.record.trials()) {
        std::uint64_t bytes = 0;
        for (const auto& file : trial.files) {
            bytes += file.bytes;
        }
        largest = std::max(largest, bytes);
    }
    return largest * (state.flights.size() + 1);
}

Stop full_disk(const State& state, const std::string& why) {
    const auto& directory = state.settings.directory;
    std::string known;
    if (state.settings.free_bytes) {
        known = fmt::format(" {} are free in '{}'.", core::bytes_text(state.settings.free_bytes()),
                            directory);
    }
    if (const auto bytes = bytes_of_saves(state)) {
        known += fmt::format(" The next save of what was running takes about {}.",
                             core::bytes_text(bytes));
    }
    return {Outcome::no_space,
            fmt::format("{}{} What is saved stays intact. Free space or raise the quota ('graft "
                        "clean {}' removes what the sweep no longer needs), then 'graft run' goes "
                        "on.",
                        why, known, directory)};
}

}  // namespace

void record_event(State& state, Outbox& outbox, const sweep::Event& event) {
    state.record.apply(event);
    outbox.emit(event);
}

void enqueue(State& state, const TrialId& trial) {
    const auto* found = state.record.find(trial);
    const auto place = static_cast<std::size_t>(found - state.record.trials().data());
    state.queue.insert(*found, place, company_of(*found, state.settings.cohorts));
    state.datasets.try_emplace(need_of(*found));
}

void end_cohort(State& state, Outbox& outbox, CohortId cohort, const sweep::Ending& ending,
                Moment moment) {
    const Flight flight = state.flights.at(cohort);
    state.flights.erase(cohort);
    record_event(state, outbox, sweep::AttemptEnded{moment.wall, cohort, ending});
    const auto why = sweep::text_of(ending);
    // It costs a look at all that runs, and only one rule asks.
    const bool alone = std::holds_alternative<sweep::DeviceOutOfMemory>(ending) &&
                       flight.members.size() == 1 && has_devices_alone(state, flight);
    const auto& first = *state.record.find(flight.members.front());
    const Consequence common = consequence_of(ending, first, alone);
    settle_slots(state, outbox, flight, common.blame, why, moment);
    for (const auto& id : flight.members) {
        settle_member(state, outbox, id, ending, alone, moment);
    }
    if (common.no_space) {
        begin_stop(state, outbox, full_disk(state, why));
    }
    stop_when_futile(state, outbox);
}

void stop_when_futile(State& state, Outbox& outbox) {
    const auto& futile = state.record.futile();
    if (attempts_without_save(state.record) >= kAttemptsWithoutSave) {
        begin_stop(
            state, outbox,
            {Outcome::stopped,
             fmt::format("{} attempts in a row ended before a save (the last: {}). Look into "
                         "logs/, mend the cause, and run again.",
                         kAttemptsWithoutSave, sweep::text_of(futile.back().ending))});
    }
}

std::string name_of_trial(const State& state, const sweep::Trial& trial) {
    const auto& spec = trial.spec;
    return fmt::format("{} on {}, {}, freeze {}, {} ({})", sweep::network_label(spec->network),
                       spec->dataset, spec->init_text, core::shortest(spec.freeze),
                       state.names.end_of(spec), trial.id.text());
}

}  // namespace graft::scheduler
