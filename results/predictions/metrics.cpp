// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/metrics.hpp"

#include <algorithm>
#include <stdexcept>

#include "core/text.hpp"

#include "sweep/metrics.hpp"

#include "results/predictions/curves.hpp"

namespace graft::results::predictions {

namespace {

std::size_t index(std::int64_t value) {
    return static_cast<std::size_t>(value);
}

double share(std::int64_t part, std::int64_t whole) {
    return whole == 0 ? NAN : static_cast<double>(part) / static_cast<double>(whole);
}

std::span<const float> row_of(std::span<const float> scores, std::size_t image, int classes) {
    return scores.subspan(image * index(classes), index(classes));
}

void check_sizes(std::span<const float> scores, std::span<const std::int32_t> labels, int classes) {
    if (classes < 2 || scores.size() != labels.size() * index(classes)) {
        throw std::logic_error("scores and labels do not have the same number of rows");
    }
}

}  // namespace

OneClass one_against_rest(std::span<const float> scores, std::span<const std::int32_t> labels,
                          int classes, int which) {
    check_sizes(scores, labels, classes);
    OneClass result;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        result.scores.push_back(scores[i * index(classes) + index(which)]);
        result.positive.push_back(labels[i] == which);
    }
    return result;
}

OneClass all_against_rest(std::span<const float> scores, std::span<const std::int32_t> labels,
                          int classes) {
    check_sizes(scores, labels, classes);
    OneClass result{{scores.begin(), scores.end()}, {}};
    result.positive.reserve(scores.size());
    for (const auto label : labels) {
        for (int c = 0; c < classes; ++c) {
            result.positive.push_back(c == label);
        }
    }
    return result;
}

std::vector<double> class_aucs(std::span<const float> scores, std::span<const std::int32_t> labels,
                               int classes) {
    std::vector<double> areas;
    for (int c = 0; c < classes; ++c) {
        const auto [column, positive] = one_against_rest(scores, labels, classes, c);
        areas.push_back(sweep::roc_auc(column, positive));
    }
    return areas;
}

double average_precision(std::span<const float> scores, std::span<const std::uint8_t> positive) {
    const auto curve = precision_recall_curve(scores, positive);
    double area = curve.empty() ? NAN : 0;
    for (std::size_t i = 0; i + 1 < curve.size(); ++i) {
        area += (curve[i].recall - curve[i + 1].recall) * curve[i].precision;
    }
    return area;
}

double pr_auc(std::span<const float> scores, std::span<const std::int32_t> labels, int classes) {
    double sum = 0;
    int counted = 0;
    for (int c = classes == 2 ? 1 : 0; c < classes; ++c) {
        const auto [column, positive] = one_against_rest(scores, labels, classes, c);
        const double area = average_precision(column, positive);
        if (!std::isnan(area)) {
            sum += area;
            ++counted;
        }
    }
    return counted > 0 ? sum / counted : NAN;
}

std::vector<std::int64_t> confusion_matrix(std::span<const float> scores,
                                           std::span<const std::int32_t> labels, int classes) {
    check_sizes(scores, labels, classes);
    std::vector<std::int64_t> counts(index(classes) * index(classes), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = row_of(scores, i, classes);
        const auto taken = std::max_element(row.begin(), row.end()) - row.begin();
        ++counts[index(labels[i]) * index(classes) + index(taken)];
    }
    return counts;
}

double balanced_accuracy(std::span<const std::int64_t> confusion, int classes) {
    double sum = 0;
    int present = 0;
    for (int c = 0; c < classes; ++c) {
        std::int64_t images = 0;
        for (const auto count : confusion.subspan(index(c) * index(classes), index(classes))) {
            images += count;
        }
        if (images > 0) {
            sum += share(confusion[index(c) * index(classes) + index(c)], images);
            ++present;
        }
    }
    return present > 0 ? sum / present : NAN;
}

double quadratic_kappa(std::span<const std::int64_t> confusion, int classes) {
    std::vector<double> truth(index(classes), 0);
    std::vector<double> taken(index(classes), 0);
    double images = 0;
    for (int i = 0; i < classes; ++i) {
        for (int j = 0; j < classes; ++j) {
            const auto count = static_cast<double>(confusion[index(i) * index(classes) + index(j)]);
            truth[index(i)] += count;
            taken[index(j)] += count;
            images += count;
        }
    }
    double observed = 0;
    double by_chance = 0;
    for (int i = 0; i < classes; ++i) {
        for (int j = 0; j < classes; ++j) {
            const double weight = (i - j) * (i - j);
            observed +=
                weight * static_cast<double>(confusion[index(i) * index(classes) + index(j)]);
            by_chance += weight * truth[index(i)] * taken[index(j)] / images;
        }
    }
    return by_chance > 0 ? 1 - observed / by_chance : NAN;
}

bool are_ordered(std::span<const std::string> classes) {
    return std::all_of(classes.begin(), classes.end(),
                       [](const std::string& name) { return core::parse_int(name).has_value(); });
}

double brier_score(std::span<const float> scores, std::span<const std::int32_t> labels,
                   int classes) {
    check_sizes(scores, labels, classes);
    double sum = 0;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = row_of(scores, i, classes);
        for (int c = classes == 2 ? 1 : 0; c < classes; ++c) {
            const double error = static_cast<double>(row[index(c)]) - (labels[i] == c ? 1.0 : 0.0);
            sum += error * error;
        }
    }
    return sum / static_cast<double>(labels.size());  // 0 / 0 = NaN without images
}

std::vector<ReliabilityBin> reliability(std::span<const float> scores,
                                        std::span<const std::int32_t> labels, int classes,
                                        int bins) {
    check_sizes(scores, labels, classes);
    std::vector<ReliabilityBin> result;
    for (int b = 0; b < bins; ++b) {
        result.push_back({static_cast<double>(b) / bins, static_cast<double>(b + 1) / bins});
    }
    std::vector<double> confidence(result.size(), 0);
    std::vector<std::int64_t> right(result.size(), 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const auto row = row_of(scores, i, classes);
        const auto best = std::max_element(row.begin(), row.end());
        const auto above = [](const ReliabilityBin& bin, double value) { return bin.high < value; };
        const auto bin = std::min<std::ptrdiff_t>(
            std::lower_bound(result.begin(), result.end(), static_cast<double>(*best), above) -
                result.begin(),
            bins - 1);
        ++result[index(bin)].images;
        confidence[index(bin)] += static_cast<double>(*best);
        right[index(bin)] += best - row.begin() == labels[i];
    }
    for (std::size_t b = 0; b < result.size(); ++b) {
        if (result[b].images > 0) {
            result[b].confidence = confidence[b] / static_cast<double>(result[b].images);
            result[b].accuracy = share(right[b], result[b].images);
        }
    }
    return result;
}

double calibration_error(std::span<const ReliabilityBin> bins) {
    double sum = 0;
    std::int64_t images = 0;
    for (const auto& bin : bins) {
        if (bin.images > 0) {
            sum += static_cast<double>(bin.images) * std::abs(bin.accuracy - bin.confidence);
            images += bin.images;
        }
    }
    return sum / static_cast<double>(images);  // 0 / 0 = NaN without images
}

OperatingPoint operating_point(const OneClass& validation, const OneClass& test, double wanted) {
    OperatingPoint point{wanted};
    std::vector<float> negatives;
    for (std::size_t i = 0; i < validation.scores.size(); ++i) {
        if (!validation.positive[i]) {
            negatives.push_back(validation.scores[i]);
        }
    }
    if (negatives.empty()) {
        return point;
    }
    std::sort(negatives.begin(), negatives.end());
    std::vector<float> thresholds(validation.scores);
    std::sort(thresholds.begin(), thresholds.end());
    thresholds.push_back(INFINITY);
    const auto enough = [&](float threshold) {
        const auto below = std::lower_bound(negatives.begin(), negatives.end(), threshold);
        return share(below - negatives.begin(), std::ssize(negatives)) >= wanted;
    };
    const float threshold = *std::partition_point(thresholds.begin(), thresholds.end(),
                                                  [&](float t) { return !enough(t); });
    std::int64_t positives = 0, found = 0, others = 0, spared = 0;
    for (std::size_t i = 0; i < test.scores.size(); ++i) {
        const bool called = test.scores[i] >= threshold;
        positives += test.positive[i];
        found += test.positive[i] && called;
        others += !test.positive[i];
        spared += !test.positive[i] && !called;
    }
    point.threshold = static_cast<double>(threshold);
    point.sensitivity = share(found, positives);
    point.specificity = share(spared, others);
    return point;
}

}  // namespace graft::results::predictions
