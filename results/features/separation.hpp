// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graft::results::features {

// How well features tell classes apart, as numbers beside a picture of them: of the untransformed
// features, since a picture may show groups that are not there. Features are [n, width],
// row-major; labels [n], 0 .. classes - 1.

struct Score {
    double value = NAN;
    std::string why_not;  // for a reader, when the value is missing
};

// Accuracy of the majority of the k nearest other points (Euclidean, leave-one-out), equal to
// scikit-learn's KNeighborsClassifier. Of equally distant points the earlier row is nearer; of
// classes with equally many neighbours the lower one wins. Missing for k or fewer points, and for
// one class.
Score neighbour_accuracy(std::span<const float> features, std::size_t width,
                         std::span<const std::int32_t> labels, std::size_t k);

// Which fold leaves each row out, 0 .. folds - 1: the rows of a class, in an order drawn with
// `key`, are dealt to the folds in turn, each class going on where the one before it ended.
std::vector<int> stratified_folds(std::span<const std::int32_t> labels, int classes, int folds,
                                  std::uint64_t key);

constexpr int kProbeFolds = 5;

// AUC of a linear probe: logistic regression with an L2 penalty (C = 1, intercept not penalised;
// multinomial for more than two classes, as scikit-learn's LogisticRegression) on features
// standardised by the rows that it is trained on. Mean over the stratified folds of `key`, each
// scored by the probe that was trained on the others: for two classes the AUC of class 1, for more
// the mean of one-against-rest. Classes with fewer than five rows are left out, with their rows;
// missing when fewer than two are left.
Score linear_probe_auc(std::span<const float> features, std::size_t width,
                       std::span<const std::int32_t> labels, int classes, std::uint64_t key);

}  // namespace graft::results::features
