// SPDX-License-Identifier: Apache-2.0
#include "results/floor.hpp"

#include <cmath>

namespace graft::results {

double micro_floor(std::span<const std::int64_t> prior_counts,
                   std::span<const std::int64_t> counts) {
    if (counts.size() < 2 || prior_counts.size() != counts.size()) {
        return NAN;
    }
    double images = 0;
    for (const auto n : counts) {
        images += static_cast<double>(n);
    }
    // Class a's true labels (counts[a] positives, all with score prior[a]) against the others of
    // class b (images - counts[b] negatives, all with score prior[b]).
    double won = 0;
    double negatives = 0;
    for (std::size_t b = 0; b < counts.size(); ++b) {
        const double others = images - static_cast<double>(counts[b]);
        negatives += others;
        for (std::size_t a = 0; a < counts.size(); ++a) {
            const double share = prior_counts[a] > prior_counts[b]    ? 1.0
                                 : prior_counts[a] == prior_counts[b] ? 0.5
                                                                      : 0.0;
            won += share * static_cast<double>(counts[a]) * others;
        }
    }
    return won / (images * negatives);  // 0 / 0 = NaN for a part without images
}

double auc_floor(std::span<const std::int64_t> prior_counts, std::span<const std::int64_t> counts) {
    return counts.size() == 2 ? 0.5 : micro_floor(prior_counts, counts);
}

}  // namespace graft::results
