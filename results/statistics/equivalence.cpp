// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/equivalence.hpp"

#include <algorithm>

#include <boost/math/distributions/students_t.hpp>

#include "results/statistics/paired.hpp"

namespace graft::results::statistics {

namespace {

constexpr double kLevel = 0.05;

// Both one-sided tests of a difference with this standard error.
Equivalence two_tests(Interval difference, double error, double freedom, double margin) {
    const boost::math::students_t student(freedom);
    const double t = boost::math::quantile(boost::math::complement(student, kLevel));
    difference.low = difference.estimate - t * error;
    difference.high = difference.estimate + t * error;
    const double above =
        boost::math::cdf(boost::math::complement(student, (difference.estimate + margin) / error));
    const double below = boost::math::cdf(student, (difference.estimate - margin) / error);
    const double p = std::max(above, below);
    return {difference, p, margin, p <= kLevel};
}

}  // namespace

Equivalence equivalent_paired(std::span<const double> a, std::span<const double> b, double margin,
                              Overlap overlap) {
    const Summary summary = differences_of(a, b).summary;
    const Interval difference{summary.mean, NAN, NAN, summary.n};
    const auto n = static_cast<double>(summary.n);
    if (summary.n < 2) {
        return {difference, NAN, margin, false};
    }
    if (summary.sd == 0) {
        const double signs = overlap.ratio > 0 ? NAN : std::pow(2, -n);
        const double p = std::abs(summary.mean) < margin ? signs : 1;
        return {difference, p, margin, p <= kLevel};
    }
    return two_tests(difference, summary.sd * error_of_mean(summary.n, overlap), n - 1, margin);
}

Equivalence equivalent(std::span<const double> a, std::span<const double> b, double margin) {
    const Summary of_a = summarise(a);
    const Summary of_b = summarise(b);
    const Interval difference{of_a.mean - of_b.mean, NAN, NAN, of_a.n + of_b.n};
    const auto n_a = static_cast<double>(of_a.n);
    const auto n_b = static_cast<double>(of_b.n);
    const bool spread = mean_interval(a).known() || mean_interval(b).known();
    if (of_a.n < 2 || of_b.n < 2 || !spread) {
        return {difference, NAN, margin, false};
    }
    const double part_a = of_a.sd * of_a.sd / n_a;
    const double part_b = of_b.sd * of_b.sd / n_b;
    const double variance = part_a + part_b;
    // Welch-Satterthwaite
    const double freedom =
        variance * variance / (part_a * part_a / (n_a - 1) + part_b * part_b / (n_b - 1));
    return two_tests(difference, std::sqrt(variance), freedom, margin);
}

}  // namespace graft::results::statistics
