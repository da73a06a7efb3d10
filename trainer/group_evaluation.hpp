// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "trainer/evaluation.hpp"
#include "trainer/replica_group.hpp"

namespace graft::trainer {

// predict() by all replicas of a trial, each with a part of the batches and a copy of the networks.
// The scores are those of one replica alone, to the bit. `scored.data` is ignored; `keep_going` is
// asked in the caller's thread.
std::optional<std::vector<Predictions>> predict(ReplicaGroup& group, const SharedBottom& merged,
                                                const Recipe& recipe, const Scored& scored,
                                                BranchSeconds& spent, const KeepGoing& keep_going);

}  // namespace graft::trainer
