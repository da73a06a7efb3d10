// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace graft::results::statistics {

// Count, mean and spread of some values.
struct Summary {
    std::int64_t n = 0;  // values that are not missing
    double mean = NAN;
    double sd = NAN;  // of the sample (divided by n - 1); missing for fewer than two values
};

// Missing values (NaN) are left out.
Summary summarise(std::span<const double> values);

// Whether the values that are not missing are one and the same number: they differ by no more than
// the rounding of numbers as large as `scale` (0.9 - 0.8 and 0.8 - 0.7 differ in their last digit).
bool all_equal(std::span<const double> values, double scale);

}  // namespace graft::results::statistics
