// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "trainer/cuda/mark.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/replica_group.hpp"

namespace graft::trainer {

// Scores that the replicas of a trial may still be computing.
class GroupAnswers {
  public:
    // Those of one replica, of a part of the images.
    struct Part {
        std::vector<Answers> branches;
        cuda::Mark computed;
    };
    // `copied`: the networks, where other devices may still be copying them.
    GroupAnswers(std::vector<Part> parts, std::optional<SharedBottom> copied)
        : parts_(std::move(parts)), copied_(std::move(copied)) {}

    // One entry per branch. Waits for the scores, and for nothing that was launched since; any
    // thread.
    std::vector<Predictions> read() const;

  private:
    std::vector<Part> parts_;
    std::optional<SharedBottom> copied_;
};

// answers() by all replicas of a trial, each with a part of the batches and a copy of the networks.
// The scores are those of one replica alone, to the bit. `scored.data` is ignored; `keep_going` is
// asked in the caller's thread.
std::optional<GroupAnswers> answers(ReplicaGroup& group, const SharedBottom& merged,
                                    const Recipe& recipe, const Scored& scored,
                                    BranchSeconds& spent, const KeepGoing& keep_going);
// The same, read.
std::optional<std::vector<Predictions>> predict(ReplicaGroup& group, const SharedBottom& merged,
                                                const Recipe& recipe, const Scored& scored,
                                                BranchSeconds& spent, const KeepGoing& keep_going);

}  // namespace graft::trainer
