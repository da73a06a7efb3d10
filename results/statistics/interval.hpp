// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

#include "results/statistics/summary.hpp"

namespace graft::results::statistics {

// An estimate, and what it may be. Formulas and sources of all of this folder: docs/statistics.md.
// An interval is never invented: low and high are missing where the values have no spread to judge
// by (one value, or all of them equal).
struct Interval {
    double estimate = NAN;
    double low = NAN, high = NAN;
    std::int64_t n = 0;  // values that it rests on; pairs, where they are paired
    // Whether there is more than an estimate.
    bool known() const { return !std::isnan(low); }
};

// How much of one another values know: results of folds, or of other draws of training and test
// images from one set, are no independent ones. `ratio`: test images for each training image; the
// variance of the mean of n is then taken for sd^2 (1/n + ratio) (Nadeau and Bengio 2003, the
// corrected resampled t test). 0: independent values.
struct Overlap {
    double ratio = 0;
};
// Of results on several folds of one dataset, as its images are divided (data/folds.hpp): one in
// `folds` is tested, and of the others eight in nine are trained on. A train_fraction does not
// count: with fewer training images, those of two folds have less in common, not more. 0 without
// folds.
Overlap overlap_of_folds(std::int64_t folds);
// sd of the mean of so many values, for values of sd 1.
double error_of_mean(std::int64_t n, Overlap overlap);

// Of the mean, by Student's t. Missing values (NaN) are left out.
Interval mean_interval(std::span<const double> values, Overlap overlap = {},
                       double confidence = 0.95);

// Of the geometric mean: Student's interval of the logarithms. Throws std::logic_error for a ratio
// that is not positive and finite; missing ones are left out.
Interval geometric_mean(std::span<const double> ratios, Overlap overlap = {},
                        double confidence = 0.95);

// The mean of `summary` plus and minus t sd error_of_mean(); no interval where sd is 0 or missing.
Interval student_interval(const Summary& summary, Overlap overlap, double confidence);

}  // namespace graft::results::statistics
