// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/interval.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <utility>
#include <vector>

#include <boost/math/distributions/students_t.hpp>

namespace graft::results::statistics {

namespace {

// t of the two-sided interval. Of many groups most have the same n, and quantiles took a quarter of
// the time of a question with 12,000 groups.
double quantile_of(std::int64_t n, double confidence) {
    thread_local std::map<std::pair<std::int64_t, double>, double> known;
    const auto [place, is_new] = known.try_emplace({n, confidence});
    if (is_new) {
        const boost::math::students_t student(static_cast<double>(n) - 1);
        place->second =
            boost::math::quantile(boost::math::complement(student, (1 - confidence) / 2));
    }
    return place->second;
}

}  // namespace

Overlap overlap_of_folds(std::int64_t folds) {
    return {folds > 1 ? 9.0 / (8.0 * static_cast<double>(folds - 1)) : 0};
}

double error_of_mean(std::int64_t n, Overlap overlap) {
    // As ever for independent values: their last bits stay.
    return overlap.ratio > 0 ? std::sqrt(1 / static_cast<double>(n) + overlap.ratio)
                             : 1 / std::sqrt(static_cast<double>(n));
}

Interval student_interval(const Summary& summary, Overlap overlap, double confidence) {
    Interval interval{summary.mean, NAN, NAN, summary.n};
    if (!(summary.sd > 0)) {
        return interval;
    }
    const double wide =
        quantile_of(summary.n, confidence) * summary.sd * error_of_mean(summary.n, overlap);
    interval.low = summary.mean - wide;
    interval.high = summary.mean + wide;
    return interval;
}

Interval mean_interval(std::span<const double> values, Overlap overlap, double confidence) {
    double scale = 0;
    for (const double value : values) {
        scale = std::isnan(value) ? scale : std::max(scale, std::abs(value));
    }
    Summary summary = summarise(values);
    if (all_equal(values, scale)) {
        summary.sd = NAN;
    }
    return student_interval(summary, overlap, confidence);
}

Interval geometric_mean(std::span<const double> ratios, Overlap overlap, double confidence) {
    std::vector<double> logarithms;
    for (const double ratio : ratios) {
        if (ratio <= 0 || std::isinf(ratio)) {
            throw std::logic_error("a ratio is not positive and finite");
        }
        logarithms.push_back(std::log(ratio));
    }
    const Interval interval = mean_interval(logarithms, overlap, confidence);
    return {std::exp(interval.estimate), std::exp(interval.low), std::exp(interval.high),
            interval.n};
}

}  // namespace graft::results::statistics
