// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/predictions.hpp"

#include <fmt/format.h>

#include "core/h5/file.hpp"

#include "results/predictions/curves.hpp"
#include "results/predictions/evaluation.hpp"
#include "tool/commands.hpp"

namespace graft::oracle {

namespace {

namespace predictions = results::predictions;
using core::h5::File;
using Values = std::vector<double>;

void write_part(File& out, const std::string& group, const predictions::PartEvaluation& part) {
    out.make_group(group);
    out.write_attribute(group, "pr_auc", part.pr_auc);
    out.write_attribute(group, "balanced_accuracy", part.balanced_accuracy);
    out.write_attribute(group, "brier_score", part.brier_score);
    out.write_attribute(group, "calibration_error", part.calibration_error);
    out.write_attribute(group, "quadratic_kappa", part.quadratic_kappa);
    out.write(group + "/class_aucs", part.class_aucs);
    out.write(group + "/confusion", part.confusion);
    Values images, confidence, accuracy;
    for (const auto& bin : part.reliability) {
        images.push_back(static_cast<double>(bin.images));
        confidence.push_back(bin.confidence);
        accuracy.push_back(bin.accuracy);
    }
    out.write(group + "/bin_images", images);
    out.write(group + "/bin_confidence", confidence);
    out.write(group + "/bin_accuracy", accuracy);
}

void write_curves(File& out, const predictions::Part& part, int classes) {
    for (int c = 0; c < classes; ++c) {
        const auto one = predictions::one_against_rest(part.scores, part.labels, classes, c);
        Values roc, precision;
        for (const auto& point : predictions::roc_curve(one.scores, one.positive)) {
            roc.insert(roc.end(),
                       {point.false_positive_rate, point.true_positive_rate, point.threshold});
        }
        for (const auto& point : predictions::precision_recall_curve(one.scores, one.positive)) {
            precision.insert(precision.end(), {point.recall, point.precision, point.threshold});
        }
        out.write(fmt::format("/roc_{}", c), {roc.size() / 3, 3}, roc.data());
        out.write(fmt::format("/precision_{}", c), {precision.size() / 3, 3}, precision.data());
    }
}

}  // namespace

void write_evaluation(const Arguments& arguments) {
    const auto found = predictions::read_predictions(arguments[0]);
    const int classes = static_cast<int>(found.classes.size());
    const auto evaluation = predictions::evaluate(found);
    File out = File::create(arguments[1]);
    write_part(out, "/validation", evaluation.validation);
    write_part(out, "/test", evaluation.test);
    write_curves(out, found.test, classes);
    for (const auto& [name, point] :
         {std::pair("/at_90", evaluation.at_90), std::pair("/at_95", evaluation.at_95)}) {
        out.write(name, Values{point.threshold, point.sensitivity, point.specificity});
    }
    std::vector<std::string> worst;
    for (const auto& image : predictions::worst_images(found.test, classes, 12)) {
        worst.push_back(image.id);
    }
    out.write_texts("/worst", worst);
    out.close();
}

}  // namespace graft::oracle
