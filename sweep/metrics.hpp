// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "sweep/progress.hpp"

namespace graft::sweep {

// Metrics of predictions. `scores` are softmax outputs [n, classes], row-major; labels
// 0..classes-1.

// Area under the ROC curve of `scores` for the positives, ties counted half (Mann-Whitney; equal to
// scikit-learn's roc_auc_score). NaN when there are no positives or no negatives, or
// a score is NaN.
double roc_auc(std::span<const float> scores, std::span<const std::uint8_t> positive);

// One-hot labels against all softmax columns, flattened: roc_auc_score(eye(K)[y].ravel(),
// s.ravel())
double auc_micro(std::span<const float> scores, std::span<const std::int32_t> labels, int classes);

// Mean of one-against-rest over the classes that have positives and negatives.
double auc_macro(std::span<const float> scores, std::span<const std::int32_t> labels, int classes);

// loss: mean categorical cross entropy -log(max(p, 1e-7)) (Keras clips probabilities to
// [1e-7, 1 - 1e-7]); accuracy: share of argmax = label (first maximum wins); auc: for two classes
// roc_auc of column 1, for more the micro average.
Metrics evaluate(std::span<const float> scores, std::span<const std::int32_t> labels, int classes);

// True when `candidate` is better by `best_by`; ties: lower validation loss, then the earlier one
// (so an equal candidate is not better). NaN is never better.
bool better(BestBy best_by, const Metrics& candidate, const Metrics& best);

}  // namespace graft::sweep
