// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace graft::results {

// Count, mean and spread of some values.
struct Summary {
    std::int64_t n = 0;  // values that are not missing
    double mean = NAN;
    double sd = NAN;  // of the sample (divided by n - 1); missing for fewer than two values
};

// Missing values (NaN) are left out.
Summary summarise(std::span<const double> values);

}  // namespace graft::results
