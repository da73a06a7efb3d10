// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "results/findings/effect.hpp"

namespace graft::results::findings {

// How results depend on the number of training images, where train_fraction was an axis.

// One train_fraction, at the freeze level that has the highest mean validation AUC there, and at
// its learning rate under the rule.
struct DataLevel {
    double fraction = 1;
    double images = NAN;  // trained on, as planned; mean over runs
    Arm arm;
    double rate = NAN;
    std::size_t freezes = 0;       // levels that it was chosen from
    statistics::Interval value;    // of the metric, over replicates
    statistics::Paired gain = {};  // over random at the same fraction; nothing for random itself
};
// One init of one network on one dataset.
struct DataCurve {
    std::string network, dataset, variant, init;
    std::vector<DataLevel> levels;  // by fraction; at least two
};
// In the order of contexts, then of arms. Controls (random or mean_var weights that stay frozen,
// weights of which a part was not transferred) are passed over.
std::vector<DataCurve> data_curves(const std::vector<Context>& contexts, RateRule rule,
                                   Metric metric);

}  // namespace graft::results::findings
