// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/curves.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace graft::results::predictions {

namespace {

// Images at or above a threshold.
struct Taken {
    float threshold = 0;
    std::int64_t positives = 0, negatives = 0;
};

// One for each distinct score, by falling threshold; empty when a score is NaN.
std::vector<Taken> taken_by_threshold(std::span<const float> scores,
                                      std::span<const std::uint8_t> positive) {
    if (std::any_of(scores.begin(), scores.end(), [](float s) { return std::isnan(s); })) {
        return {};
    }
    std::vector<std::uint32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return scores[a] > scores[b]; });
    std::vector<Taken> steps;
    Taken taken;
    for (std::size_t i = 0; i < order.size(); ++i) {
        taken.threshold = scores[order[i]];
        ++(positive[order[i]] ? taken.positives : taken.negatives);
        if (i + 1 == order.size() || scores[order[i + 1]] != taken.threshold) {
            steps.push_back(taken);
        }
    }
    return steps;
}

double share(std::int64_t part, std::int64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

bool on_a_line(const Taken& a, const Taken& b, const Taken& c) {
    return b.positives - a.positives == c.positives - b.positives &&
           b.negatives - a.negatives == c.negatives - b.negatives;
}

std::pair<double, double> place(const RocPoint& point) {
    return {point.false_positive_rate, point.true_positive_rate};
}

std::pair<double, double> place(const PrecisionPoint& point) {
    return {point.recall, point.precision};
}

template <class Point>
std::vector<Point> thinned_points(const std::vector<Point>& curve, std::size_t points) {
    if (curve.size() <= points) {
        return curve;
    }
    std::vector<double> along(curve.size(), 0);
    for (std::size_t i = 1; i < curve.size(); ++i) {
        const auto [x, y] = place(curve[i]);
        const auto [before_x, before_y] = place(curve[i - 1]);
        along[i] = along[i - 1] + std::abs(x - before_x) + std::abs(y - before_y);
    }
    std::vector<Point> kept{curve.front()};
    std::size_t last = 0;
    for (std::size_t k = 1; k + 1 < points; ++k) {
        const double wanted =
            along.back() * static_cast<double>(k) / static_cast<double>(points - 1);
        const auto found = static_cast<std::size_t>(
            std::lower_bound(along.begin(), along.end(), wanted) - along.begin());
        if (found > last && found + 1 < curve.size()) {
            kept.push_back(curve[found]);
            last = found;
        }
    }
    kept.push_back(curve.back());
    return kept;
}

}  // namespace

std::vector<RocPoint> roc_curve(std::span<const float> scores,
                                std::span<const std::uint8_t> positive) {
    const auto steps = taken_by_threshold(scores, positive);
    if (steps.empty() || steps.back().positives == 0 || steps.back().negatives == 0) {
        return {};
    }
    std::vector<RocPoint> curve{RocPoint{}};
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const bool inside = i > 0 && i + 1 < steps.size();
        if (!inside || !on_a_line(steps[i - 1], steps[i], steps[i + 1])) {
            curve.push_back({share(steps[i].negatives, steps.back().negatives),
                             share(steps[i].positives, steps.back().positives),
                             static_cast<double>(steps[i].threshold)});
        }
    }
    return curve;
}

std::vector<PrecisionPoint> precision_recall_curve(std::span<const float> scores,
                                                   std::span<const std::uint8_t> positive) {
    const auto steps = taken_by_threshold(scores, positive);
    if (steps.empty() || steps.back().positives == 0) {
        return {};
    }
    std::vector<PrecisionPoint> curve;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        curve.push_back({share(step->positives, steps.back().positives),
                         share(step->positives, step->positives + step->negatives),
                         static_cast<double>(step->threshold)});
    }
    curve.push_back(PrecisionPoint{});
    return curve;
}

std::vector<RocPoint> thinned(const std::vector<RocPoint>& curve, std::size_t points) {
    return thinned_points(curve, points);
}

std::vector<PrecisionPoint> thinned(const std::vector<PrecisionPoint>& curve, std::size_t points) {
    return thinned_points(curve, points);
}

}  // namespace graft::results::predictions
