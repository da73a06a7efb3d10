// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/interval.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

namespace graft::results::statistics {

Interval student_interval(const Summary& summary, double confidence) {
    Interval interval{summary.mean, NAN, NAN, summary.n};
    if (!(summary.sd > 0)) {
        return interval;
    }
    const auto n = static_cast<double>(summary.n);
    const boost::math::students_t student(n - 1);
    const double t = boost::math::quantile(boost::math::complement(student, (1 - confidence) / 2));
    interval.low = summary.mean - t * summary.sd / std::sqrt(n);
    interval.high = summary.mean + t * summary.sd / std::sqrt(n);
    return interval;
}

Interval mean_interval(std::span<const double> values, double confidence) {
    double scale = 0;
    for (const double value : values) {
        scale = std::isnan(value) ? scale : std::max(scale, std::abs(value));
    }
    Summary summary = summarise(values);
    if (all_equal(values, scale)) {
        summary.sd = NAN;
    }
    return student_interval(summary, confidence);
}

Interval geometric_mean(std::span<const double> ratios, double confidence) {
    std::vector<double> logarithms;
    for (const double ratio : ratios) {
        if (ratio <= 0 || std::isinf(ratio)) {
            throw std::logic_error("a ratio is not positive and finite");
        }
        logarithms.push_back(std::log(ratio));
    }
    const Interval interval = mean_interval(logarithms, confidence);
    return {std::exp(interval.estimate), std::exp(interval.low), std::exp(interval.high),
            interval.n};
}

}  // namespace graft::results::statistics
