// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace graft::results::features {

// Pictures of pooled features: exact t-SNE (van der Maaten and Hinton, "Visualizing data using
// t-SNE", JMLR 9, 2008) with the steps and defaults of scikit-learn's
// TSNE(method="exact", init="pca"). Features are [n, width], row-major, and finite.

struct TsneSettings {
    // Effective number of neighbours; lowered to (n - 1) / 3 for fewer points, as van der Maaten's
    // own program asks for (a neighbourhood of three times that many points must exist).
    double perplexity = 30;
    int iterations = 1000;  // the first 250 of them with exaggerated affinities
};

struct Projection {
    std::vector<double> xy;   // [n, 2], row-major; empty when there is none
    double kl = NAN;          // Kullback-Leibler divergence of the affinities at the end, in nats
    double perplexity = NAN;  // the one used
    std::string why_not;      // for a reader, when there is no projection
};

// Too few points (below 5), constant features and features that are not finite give no projection
// and a reason. Equal inputs give equal bits on one kind of processor; another's last bits may lead
// to another picture of the same divergence. One thread, and n^2 x 4 bytes: panels can be made side
// by side. 2,000 points of width 2,048 take a second and a half.
Projection tsne(std::span<const float> features, std::size_t width, const TsneSettings& settings);

}  // namespace graft::results::features
