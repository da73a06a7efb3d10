// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace graft::results {

// What the constant predictor of the class priors scores: the floor of an AUC. One-against-rest
// AUCs (the macro average, and `auc` of two classes) have 0.5, since all their scores are tied.

// Floor of the micro average: every image gets the shares of the training part as its scores, and
// the one-hot labels of the evaluated part are ranked by them, ties counted half. `prior_counts`
// and `counts` are images per class of the training and of the evaluated part. NaN without counts.
double micro_floor(std::span<const std::int64_t> prior_counts,
                   std::span<const std::int64_t> counts);

// Floor of `auc`: 0.5 for two classes, the micro floor for more.
double auc_floor(std::span<const std::int64_t> prior_counts, std::span<const std::int64_t> counts);

}  // namespace graft::results
