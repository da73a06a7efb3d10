// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/paired.hpp"

#include <algorithm>
#include <stdexcept>

#include <boost/math/distributions/students_t.hpp>

namespace graft::results::statistics {

Differences differences_of(std::span<const double> a, std::span<const double> b) {
    if (a.size() != b.size()) {
        throw std::logic_error("paired values differ in number");
    }
    Differences differences;
    double scale = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!std::isnan(a[i]) && !std::isnan(b[i])) {
            differences.values.push_back(a[i] - b[i]);
            scale = std::max({scale, std::abs(a[i]), std::abs(b[i])});
        }
    }
    differences.summary = summarise(differences.values);
    if (differences.summary.n > 1 && all_equal(differences.values, scale)) {
        differences.summary.sd = 0;
    }
    return differences;
}

Paired paired(std::span<const double> a, std::span<const double> b, Overlap overlap,
              double confidence) {
    const auto [values, summary] = differences_of(a, b);
    Paired result{student_interval(summary, overlap, confidence), summary.sd};
    if (summary.n < 2) {
        return result;
    }
    const auto n = static_cast<double>(summary.n);
    if (summary.sd > 0) {
        const double t = std::abs(summary.mean) / (summary.sd * error_of_mean(summary.n, overlap));
        result.p = 2 * boost::math::cdf(boost::math::complement(boost::math::students_t(n - 1), t));
    } else {
        result.p = summary.mean == 0 ? 1 : overlap.ratio > 0 ? NAN : std::pow(2, 1 - n);
    }
    if (summary.n >= kPairsForWilcoxon && overlap.ratio == 0) {
        result.wilcoxon_p = wilcoxon_signed_rank(values);
    }
    return result;
}

std::vector<double> holm(std::span<const double> p) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (!std::isnan(p[i])) {
            order.push_back(i);
        }
    }
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t i, std::size_t j) { return p[i] < p[j]; });
    std::vector<double> adjusted(p.size(), NAN);
    double largest = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const auto left = static_cast<double>(order.size() - rank);
        largest = std::max(largest, std::min(1.0, left * p[order[rank]]));
        adjusted[order[rank]] = largest;
    }
    return adjusted;
}

}  // namespace graft::results::statistics
