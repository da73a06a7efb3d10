// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

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

// AUC of a linear probe: multinomial logistic regression with an L2 penalty (C = 1, intercept not
// penalised; for two classes the ordinary one) on features standardised by their training folds,
// scored on the fold left out, in five stratified folds drawn by `key`: for two classes the AUC of
// class 1, else the mean of one-against-rest. The scores of all folds are put together before.
// Missing when fewer than two classes have five points; smaller classes are left out.
Score linear_probe_auc(std::span<const float> features, std::size_t width,
                       std::span<const std::int32_t> labels, int classes, std::uint64_t key);

}  // namespace graft::results::features
