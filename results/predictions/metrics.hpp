// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace graft::results::predictions {

// Metrics of kept predictions beside those of sweep/metrics.hpp. `scores` are softmax outputs
// [n, classes], row-major; labels 0 .. classes-1. NaN where a metric has no value: a class that it
// needs is not there, or there is no image. Formulas and sources: docs/statistics.md; all are
// compared with scikit-learn.

// One class against the rest, as a question of two classes.
struct OneClass {
    std::vector<float> scores;  // [n]
    std::vector<std::uint8_t> positive;
};
OneClass one_against_rest(std::span<const float> scores, std::span<const std::int32_t> labels,
                          int classes, int which);
// Every class of every image as a question of its own: what the micro average is over; [n *
// classes].
OneClass all_against_rest(std::span<const float> scores, std::span<const std::int32_t> labels,
                          int classes);

// roc_auc of each class against the rest.
std::vector<double> class_aucs(std::span<const float> scores, std::span<const std::int32_t> labels,
                               int classes);

// Average precision (the area under the precision-recall curve as a sum of steps, without
// interpolation) of one column.
double average_precision(std::span<const float> scores, std::span<const std::uint8_t> positive);
// Two classes: that of class 1; more: the mean over the classes that have images.
double pr_auc(std::span<const float> scores, std::span<const std::int32_t> labels, int classes);

// Images by true class (rows) and class of the highest score (columns, the first of equal ones):
// [classes, classes], row-major.
std::vector<std::int64_t> confusion_matrix(std::span<const float> scores,
                                           std::span<const std::int32_t> labels, int classes);
// Mean share of right images of a class, over the classes that have images.
double balanced_accuracy(std::span<const std::int64_t> confusion, int classes);
// Cohen's kappa with weights (i - j)^2, for classes in their order. NaN when one class alone is
// present and predicted.
double quadratic_kappa(std::span<const std::int64_t> confusion, int classes);
// Whether the classes have an order, so that a near miss is better than a far one: all their names
// are numbers. Datasets sort such classes by value.
bool are_ordered(std::span<const std::string> classes);

// Two classes: mean of (p1 - y)^2, 0 .. 1; more: mean over images of the sum over classes of
// (p - y)^2, 0 .. 2 (Brier 1950).
double brier_score(std::span<const float> scores, std::span<const std::int32_t> labels,
                   int classes);

// Images whose highest score lies in (low, high]; the first bin has 0, too.
struct ReliabilityBin {
    double low = 0, high = 0;
    std::int64_t images = 0;
    double confidence = NAN;  // mean of the highest score; missing without images
    double accuracy = NAN;    // share of right ones
};
// Bins of equal width.
std::vector<ReliabilityBin> reliability(std::span<const float> scores,
                                        std::span<const std::int32_t> labels, int classes,
                                        int bins = 15);
// Expected calibration error: mean of |accuracy - confidence|, weighted by images (Guo et al.
// 2017).
double calibration_error(std::span<const ReliabilityBin> bins);

// Sensitivity at a specificity that was chosen on other images than it is measured on.
struct OperatingPoint {
    double wanted = NAN;     // specificity that validation has at the threshold, at least
    double threshold = NAN;  // positive: a score of class 1 at or above it; infinite: none is
    double sensitivity = NAN, specificity = NAN;  // reached on test
};
// The lowest threshold among the validation scores (and infinity) whose specificity there is at
// least `wanted`, applied to test. For the scores of class 1 of two.
OperatingPoint operating_point(const OneClass& validation, const OneClass& test, double wanted);

}  // namespace graft::results::predictions
