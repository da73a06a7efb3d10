// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "results/statistics/interval.hpp"

namespace graft::results::statistics {

// From so many pairs on the signed-rank test can reach p = 0.05 (with five its least is 0.0625).
constexpr std::int64_t kPairsForWilcoxon = 6;

// A paired comparison: the mean of a - b, tested against zero.
struct Paired {
    Interval difference;
    double sd = NAN;  // of the differences
    // Two-sided, by Student's t, of overlapping pairs by the corrected resampled t test; missing
    // below two pairs. Where all n differences are equal there is no spread for a t test: p is then
    // that of their signs, 2^(1-n) (missing where pairs overlap: signs of folds are not
    // independent), and 1 when all are zero.
    double p = NAN;
    // From kPairsForWilcoxon pairs on, where they are independent.
    std::optional<double> wilcoxon_p = std::nullopt;
};

// Values at the same place are a pair (of one seed); pairs with a missing side are left out.
// Throws std::logic_error when a and b differ in length.
Paired paired(std::span<const double> a, std::span<const double> b, Overlap overlap = {},
              double confidence = 0.95);

// The differences a - b of complete pairs, and how they spread.
struct Differences {
    std::vector<double> values;
    Summary summary;  // sd is exactly 0 where the differences are equal but for rounding
};
Differences differences_of(std::span<const double> a, std::span<const double> b);

// Two-sided p of Wilcoxon's signed-rank test. Zeros and missing values are left out (SciPy's
// "wilcox"), ties get mid-ranks. Exact, ties included, for up to 50 differences other than zero:
// the share of all 2^n ways to give them signs. Beyond that by the normal distribution with the
// variance corrected for ties, without correction for continuity (as SciPy). 1 when all are zero,
// NaN without values.
double wilcoxon_signed_rank(std::span<const double> differences);

// p values adjusted for being a family (Holm 1979). NaN stays NaN and does not count.
std::vector<double> holm(std::span<const double> p);

}  // namespace graft::results::statistics
