// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "scheduler/formation.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// Which members of a waiting item go together, as formation.hpp says, in the state as it is.

// The one with the least frozen first. At most so many as their attempts, memory and the deadline
// allow; `now`: none, for what would be next without a deadline.
std::vector<TrialId> going_together(const State& state, const TrialClass& its_class,
                                    const Queue::Item& item, std::optional<core::Instant> now);

// Members that fit into one trainer, one at least: what they add to the first one may take half of
// its device's memory and half of its part of the host's. The other half is the first one's, with
// its batches and activations. Without a device the host's memory has to do for both. Of those that
// could go, which differ in their cuts and optimizers, each is taken for the largest.
std::size_t fitting_members(const TrainerMemory& memory,
                            const std::vector<const sweep::Trial*>& members);

// A flight's members without a result, and what they have still to do, by what it last said.
CohortShape shape_ahead(const State& state, const Flight& flight);
double work_left(const State& state, const Flight& flight);

// What there is to do beside the members of `item`, in multiply-adds of `its_class`. `members`: how
// many are to be placed.
Around around(const State& state, const TrialClass& its_class, const Queue::Item& item,
              std::size_t members);

// Slots that can take work now or later. A rank that has not said hello counts as the largest of
// the others.
int slots_in_all(const State& state);

}  // namespace graft::scheduler
