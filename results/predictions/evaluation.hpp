// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "sweep/metrics.hpp"

#include "results/predictions/metrics.hpp"
#include "results/predictions/predictions.hpp"

namespace graft::results::predictions {

// What can be said of one part, each value as in metrics.hpp and sweep/metrics.hpp.
struct PartEvaluation {
    std::int64_t images = 0;
    std::vector<std::int64_t> class_images;  // [classes]
    sweep::Metrics basic;                    // loss, accuracy, auc, auc_micro, auc_macro
    double pr_auc = NAN;
    double balanced_accuracy = NAN;
    double brier_score = NAN;
    double calibration_error = NAN;           // of 15 bins
    double quadratic_kappa = NAN;             // of ordered classes only
    std::vector<double> class_aucs;           // [classes]
    std::vector<std::int64_t> confusion;      // [classes, classes], rows are the true classes
    std::vector<ReliabilityBin> reliability;  // 15 bins
};

// A value that is missing (NaN), and why, as the rest of a sentence: "test", "auc", "class 'x' has
// no image there".
struct Missing {
    std::string part, metric, reason;
};

// All metrics of a trial's kept predictions.
struct Evaluation {
    PartEvaluation validation, test;
    OperatingPoint at_90, at_95;   // specificity 0.90 and 0.95; of two classes only
    std::vector<Missing> missing;  // one for each value that is NaN
    // What else to know: averages over classes that leave one out, because it has no images.
    std::vector<std::string> notes;
};
Evaluation evaluate(const Predictions& predictions);

// An image of the test part, and what was said of it.
struct ScoredImage {
    std::string id, group;
    std::int32_t label = 0, taken_for = 0;
    double probability = NAN;  // of its true class
};
// The images whose true class got the lowest probability, lowest first (equal ones by id); at most
// `count`. Those with a NaN are left out.
std::vector<ScoredImage> worst_images(const Part& part, int classes, std::size_t count);

}  // namespace graft::results::predictions
