// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::commands {

// What becomes of the finished trials of one sweep when they are merged into another. Decided from
// the two records alone.
struct MergePlan {
    // Planned there, without a result: it is taken, if its files are whole.
    std::vector<sweep::TrialId> taken;
    // Has the same result there already, to the bit: nothing to do.
    std::vector<sweep::TrialId> equal;
    // Has another result there, which stays; in words.
    struct Conflict {
        sweep::TrialId trial;
        std::string text;
    };
    std::vector<Conflict> differing;
    // Would be taken, but was trained on other pixels of its dataset than the sweep's.
    std::vector<Conflict> other_pixels;
    // Is no trial of the other sweep's grid (any more).
    std::vector<sweep::TrialId> unplanned;
    // Of the other sweep's grid without a result there and here; failed ones included.
    std::size_t unfinished = 0;
};

MergePlan merge_plan(const sweep::Record& from, const sweep::Record& into);

}  // namespace graft::commands
