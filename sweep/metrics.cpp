// SPDX-License-Identifier: Apache-2.0
#include "sweep/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

namespace graft::sweep {

namespace {

void check_sizes(std::span<const float> scores, std::span<const std::int32_t> labels, int classes) {
    if (classes < 1 || scores.size() != labels.size() * static_cast<std::size_t>(classes)) {
        throw std::logic_error("scores and labels do not have the same number of rows");
    }
}

std::vector<float> column(std::span<const float> scores, int classes, int which) {
    std::vector<float> values;
    values.reserve(scores.size() / static_cast<std::size_t>(classes));
    for (auto i = static_cast<std::size_t>(which); i < scores.size();
         i += static_cast<std::size_t>(classes)) {
        values.push_back(scores[i]);
    }
    return values;
}

std::vector<std::uint8_t> is_class(std::span<const std::int32_t> labels, int which) {
    std::vector<std::uint8_t> positive;
    positive.reserve(labels.size());
    for (const auto label : labels) {
        positive.push_back(label == which);
    }
    return positive;
}

double value_by(BestBy best_by, const Metrics& metrics) {
    switch (best_by) {
        case BestBy::val_auc:
            return metrics.auc;
        case BestBy::val_loss:
            return -metrics.loss;
        case BestBy::val_accuracy:
            return metrics.accuracy;
        case BestBy::val_auc_micro:
            return metrics.auc_micro;
        case BestBy::val_auc_macro:
            return metrics.auc_macro;
    }
    throw std::logic_error("unknown best_by");
}

}  // namespace

double roc_auc(std::span<const float> scores, std::span<const std::uint8_t> positive) {
    if (std::any_of(scores.begin(), scores.end(), [](float s) { return std::isnan(s); })) {
        return NAN;
    }
    std::vector<std::uint32_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return scores[a] < scores[b]; });
    // Pairs (positive above negative) count 2, ties 1: whole numbers, so the sum is exact.
    std::uint64_t twice_won = 0;
    std::uint64_t negatives = 0;
    std::uint64_t positives = 0;
    for (std::size_t start = 0; start < order.size();) {
        std::size_t stop = start;
        std::uint64_t tied_positives = 0;
        while (stop < order.size() && scores[order[stop]] == scores[order[start]]) {
            tied_positives += positive[order[stop]] != 0;
            ++stop;
        }
        const std::uint64_t tied_negatives = stop - start - tied_positives;
        twice_won += tied_positives * (2 * negatives + tied_negatives);
        positives += tied_positives;
        negatives += tied_negatives;
        start = stop;
    }
    if (positives == 0 || negatives == 0) {
        return NAN;
    }
    return static_cast<double>(twice_won) / 2 / static_cast<double>(positives) /
           static_cast<double>(negatives);
}

double auc_micro(std::span<const float> scores, std::span<const std::int32_t> labels, int classes) {
    check_sizes(scores, labels, classes);
    std::vector<std::uint8_t> positive(scores.size(), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        positive[i * static_cast<std::size_t>(classes) + static_cast<std::size_t>(labels[i])] = 1;
    }
    return roc_auc(scores, positive);
}

double auc_macro(std::span<const float> scores, std::span<const std::int32_t> labels, int classes) {
    check_sizes(scores, labels, classes);
    double sum = 0;
    int counted = 0;
    for (int c = 0; c < classes; ++c) {
        const double area = roc_auc(column(scores, classes, c), is_class(labels, c));
        if (!std::isnan(area)) {
            sum += area;
            ++counted;
        }
    }
    return counted > 0 ? sum / counted : NAN;
}

Metrics evaluate(std::span<const float> scores, std::span<const std::int32_t> labels, int classes) {
    check_sizes(scores, labels, classes);
    constexpr double kClip = 1e-7;  // keras.backend.epsilon()
    double loss = 0;
    std::int64_t right = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = scores.subspan(i * static_cast<std::size_t>(classes),
                                        static_cast<std::size_t>(classes));
        const auto label = static_cast<std::size_t>(labels[i]);
        loss -= std::log(std::clamp(static_cast<double>(row[label]), kClip, 1 - kClip));
        const auto best = std::max_element(row.begin(), row.end()) - row.begin();
        right += static_cast<std::size_t>(best) == label;
    }
    const auto n = static_cast<double>(labels.size());
    Metrics metrics;
    metrics.loss = loss / n;
    metrics.accuracy = static_cast<double>(right) / n;
    metrics.auc_micro = auc_micro(scores, labels, classes);
    metrics.auc_macro = auc_macro(scores, labels, classes);
    metrics.auc =
        classes == 2 ? roc_auc(column(scores, 2, 1), is_class(labels, 1)) : metrics.auc_micro;
    return metrics;
}

bool better(BestBy best_by, const Metrics& candidate, const Metrics& best) {
    const double a = value_by(best_by, candidate);
    const double b = value_by(best_by, best);
    if (std::isnan(a) || std::isnan(b)) {
        return !std::isnan(a);
    }
    return a != b ? a > b : candidate.loss < best.loss;
}

}  // namespace graft::sweep
