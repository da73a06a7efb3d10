// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/findings/design.hpp"

namespace graft::results::findings {

// The one checkpoint of an init on a dataset that was best on validation, over networks, freeze
// levels, learning rates and replicates.
struct BestCheckpoint {
    std::string dataset, init;
    const Context* context = nullptr;
    const Run* run = nullptr;
    std::size_t candidates = 0;  // trials that it was chosen from
};

// In the order of datasets, then of inits. Controls (random or mean_var weights that stay frozen,
// weights of which a part was not transferred) are passed over. The result points into `contexts`.
std::vector<BestCheckpoint> best_checkpoints(const std::vector<Context>& contexts);

// Random or mean_var weights that stay frozen, or weights of which a part was not transferred.
bool is_control(const Arm& arm);

// Whether a is better than b on validation, by what chose a's checkpoint.
bool is_better(const Run& a, const Run& b);

// Of each dataset the best of best_checkpoints(), in their order; the earlier of equal ones.
std::vector<const BestCheckpoint*> best_of_datasets(const std::vector<BestCheckpoint>& best);

}  // namespace graft::results::findings
