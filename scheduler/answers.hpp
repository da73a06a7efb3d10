// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "scheduler/outbox.hpp"
#include "scheduler/requests.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// Answers requests from before this start, before anything is queued: trials wait again, and what
// asked an earlier start to stop is told that it is over.
void answer_left(State& state, Outbox& outbox, const std::vector<Request>& left, Moment moment);

}  // namespace graft::scheduler
