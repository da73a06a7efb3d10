// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace graft::results::predictions {

// Curves of the scores of one column: an image is taken for a positive when its score is at or
// above the threshold. Empty when there are no positives (for roc_curve, or no negatives), or a
// score is NaN.

struct RocPoint {
    double false_positive_rate = 0, true_positive_rate = 0;
    double threshold = std::numeric_limits<double>::infinity();
};
// From (0, 0), nothing taken, to (1, 1), everything; points on a straight line between others are
// left out (scikit-learn's roc_curve with drop_intermediate).
std::vector<RocPoint> roc_curve(std::span<const float> scores,
                                std::span<const std::uint8_t> positive);

struct PrecisionPoint {
    double recall = 0, precision = 1;
    double threshold = std::numeric_limits<double>::infinity();
};
// By rising threshold, from recall 1 to (0, 1), nothing taken (scikit-learn's
// precision_recall_curve).
std::vector<PrecisionPoint> precision_recall_curve(std::span<const float> scores,
                                                   std::span<const std::uint8_t> positive);

// At most `points` (2 or more) of a curve's points for drawing, about evenly spaced along it; the
// first and the last are among them.
std::vector<RocPoint> thinned(const std::vector<RocPoint>& curve, std::size_t points);
std::vector<PrecisionPoint> thinned(const std::vector<PrecisionPoint>& curve, std::size_t points);

}  // namespace graft::results::predictions
