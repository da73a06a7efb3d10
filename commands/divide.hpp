// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "sweep/event.hpp"

namespace graft::commands {

// A sweep's trials, dealt to parts that are trained by jobs of their own. Decides nothing else, and
// touches nothing.
struct Division {
    struct Part {
        std::vector<sweep::TrialId> trials;  // in the order in which they were given
        double multiply_adds = 0;
    };
    std::vector<Part> parts;  // none is empty
    // The largest part's work against the mean: 1 when all are equal.
    double imbalance() const;
};

// Trials that could train in one cohort (sweep::cohort_key) stay together. Such groups are dealt
// the largest first to the part with the least work: the largest part has at most 4/3 of the least
// possible (Graham 1969). Equal groups go by ids, so the same trials are dealt alike wherever it is
// done. At most as many parts as groups.
Division divide(const std::vector<sweep::PlannedTrial>& trials, std::size_t parts);

}  // namespace graft::commands
