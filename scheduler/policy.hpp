// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "scheduler/candidates.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// Which trials go where next.
struct Assignment {
    Rank rank;
    std::vector<Slot> slots;
    std::vector<TrialId> members;
};

// The longest waiting trial or cohort by the cost model whose dataset is ready, or so many members
// of it as together.hpp says, on the idle slot that suits
// it best: where it has not crashed since its last save, on another host if there is one; then one
// with few charges; then one that holds its dataset. A slot where it crashed is left to other
// trials, but never idle; a slot that is set aside (state.hpp) gets work only when no other can
// take any. A trial of a dataset that an idle slot holds goes before a longer one of another
// dataset as long as it has at least half its length. A trial over several slots keeps the idle
// slots of one rank for itself until they are enough. Nothing when nothing can be assigned now.
// What could not reach its first save before the deadline is passed over; `now`: none, for what
// would be next without a deadline.
std::optional<Assignment> next_assignment(const State& state, std::optional<core::Instant> now);

// All that waits and whose dataset is ready, in the order in which slots get them that hold no
// dataset and have seen no crash; costs are those of `device`. Takes a pass over all: to explain,
// not to schedule.
std::vector<Candidate> waiting_in_order(const State& state, const std::string& device);

// The kind of device for which costs are compared; empty: no rank has said what it has.
std::string any_device(const State& state);

// Datasets that waiting trials need and nobody has begun to prepare; that of the longest trial
// first, as the sweep ends no earlier than that, then the one with the most waiting work.
std::vector<Need> needs_in_order(const State& state);

}  // namespace graft::scheduler
