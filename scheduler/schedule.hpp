// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scheduler/outbox.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// Steps of the reactor that every input ends with.

// Assigns and prepares what can be, or moves the end on: a sweep without work left stops, a stopped
// one without cohorts tells its ranks to leave, and when all have left it is closed.
void schedule(State& state, Outbox& outbox, Moment moment);

// The rank is out of the game; its cohorts are requeued (RankLost).
void drop_rank(State& state, Outbox& outbox, Rank rank, RankStage stage, Moment moment);

}  // namespace graft::scheduler
