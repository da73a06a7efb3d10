// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "scheduler/outbox.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// Steps that several decisions share; part of the reactor.

// Applies the event to the record and emits it.
void record_event(State& state, Outbox& outbox, const sweep::Event& event);

// Puts a trial among the waiting ones.
void enqueue(State& state, const TrialId& trial);

// Ends a running cohort: AttemptEnded, then what retry.hpp says, for every member; slots are free
// again. The cohort must be running.
void end_cohort(State& state, Outbox& outbox, CohortId cohort, const sweep::Ending& ending,
                Moment moment);

// Stops the sweep when the last attempts, of this start and those before, all ended without a save.
void stop_when_futile(State& state, Outbox& outbox);

// "resnet50_v2 on cancer, imagenet, freeze 50, seed 3 (0123456789abcdef)"
std::string name_of_trial(const State& state, const sweep::Trial& trial);

}  // namespace graft::scheduler
