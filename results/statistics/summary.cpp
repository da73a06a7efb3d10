// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/summary.hpp"

#include <algorithm>
#include <limits>

namespace graft::results::statistics {

Summary summarise(std::span<const double> values) {
    Summary summary;
    double sum = 0;
    for (const double value : values) {
        if (!std::isnan(value)) {
            sum += value;
            ++summary.n;
        }
    }
    if (summary.n == 0) {
        return summary;
    }
    summary.mean = sum / static_cast<double>(summary.n);
    if (summary.n < 2) {
        return summary;
    }
    double squares = 0;  // in a second pass: AUCs of seeds differ in their last digits only
    for (const double value : values) {
        if (!std::isnan(value)) {
            squares += (value - summary.mean) * (value - summary.mean);
        }
    }
    summary.sd = std::sqrt(squares / static_cast<double>(summary.n - 1));
    return summary;
}

bool all_equal(std::span<const double> values, double scale) {
    double low = INFINITY;
    double high = -INFINITY;
    for (const double value : values) {
        if (!std::isnan(value)) {
            low = std::min(low, value);
            high = std::max(high, value);
        }
    }
    // Two numbers and their difference are rounded, by half a unit each, on both sides.
    constexpr double kRounding = 8 * std::numeric_limits<double>::epsilon();
    return !(high - low > kRounding * scale);
}

}  // namespace graft::results::statistics
