// SPDX-License-Identifier: Apache-2.0
#include "results/statistics.hpp"

namespace graft::results {

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

}  // namespace graft::results
