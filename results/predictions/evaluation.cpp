// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/evaluation.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace graft::results::predictions {

namespace {

bool has_nan(const Part& part) {
    return std::any_of(part.scores.begin(), part.scores.end(),
                       [](float score) { return std::isnan(score); });
}

PartEvaluation evaluate_part(const Part& part, const std::vector<std::string>& names) {
    const int classes = static_cast<int>(names.size());
    PartEvaluation result;
    result.images = static_cast<std::int64_t>(part.images());
    result.class_images.assign(names.size(), 0);
    for (const auto label : part.labels) {
        ++result.class_images[static_cast<std::size_t>(label)];
    }
    result.class_aucs.assign(names.size(), NAN);
    if (result.images == 0 || has_nan(part)) {
        return result;
    }
    result.basic = sweep::evaluate(part.scores, part.labels, classes);
    result.pr_auc = pr_auc(part.scores, part.labels, classes);
    result.brier_score = brier_score(part.scores, part.labels, classes);
    result.reliability = reliability(part.scores, part.labels, classes);
    result.calibration_error = calibration_error(result.reliability);
    result.class_aucs = class_aucs(part.scores, part.labels, classes);
    result.confusion = confusion_matrix(part.scores, part.labels, classes);
    result.balanced_accuracy = balanced_accuracy(result.confusion, classes);
    if (are_ordered(names)) {
        result.quadratic_kappa = quadratic_kappa(result.confusion, classes);
    }
    return result;
}

std::vector<std::string> absent_classes(const PartEvaluation& part,
                                        const std::vector<std::string>& names) {
    std::vector<std::string> absent;
    for (std::size_t c = 0; c < names.size(); ++c) {
        if (part.class_images[c] == 0) {
            absent.push_back(fmt::format("'{}'", names[c]));
        }
    }
    return absent;
}

// Says of each value of one part that is missing why it is.
class Reasons {
  public:
    Reasons(std::string name, const Part& part, const PartEvaluation& found,
            const std::vector<std::string>& classes, std::vector<Missing>& missing)
        : name_(std::move(name)), found_(found), classes_(classes), missing_(missing) {
        if (found.images == 0) {
            general_ = "there are no images";
        } else if (has_nan(part)) {
            general_ = "some scores are not numbers";
        }
        absent_ = absent_classes(found, classes);
    }

    void say() {
        const auto& basic = found_.basic;
        const std::string one_alone = fmt::format("no image is of {}", fmt::join(absent_, ", "));
        for (const auto& [metric, value] : std::array<std::pair<const char*, double>, 9>{
                 {{"loss", basic.loss},
                  {"accuracy", basic.accuracy},
                  {"auc", basic.auc},
                  {"auc_micro", basic.auc_micro},
                  {"auc_macro", basic.auc_macro},
                  {"pr_auc", found_.pr_auc},
                  {"balanced_accuracy", found_.balanced_accuracy},
                  {"brier_score", found_.brier_score},
                  {"calibration_error", found_.calibration_error}}}) {
            add(metric, value, one_alone);
        }
        add("quadratic_kappa", found_.quadratic_kappa,
            are_ordered(classes_) ? "one class alone is present and predicted"
                                  : "the classes have no order (their names are not all numbers)");
        for (std::size_t c = 0; c < classes_.size(); ++c) {
            add(fmt::format("auc of class '{}'", classes_[c]), found_.class_aucs[c],
                found_.class_images[c] == 0 ? "no image is of it" : "all images are of it");
        }
    }

    const std::string& general() const { return general_; }
    const std::vector<std::string>& absent() const { return absent_; }

  private:
    void add(const std::string& metric, double value, const std::string& reason) {
        if (std::isnan(value)) {
            missing_.push_back({name_, metric, general_.empty() ? reason : general_});
        }
    }

    std::string name_;
    const PartEvaluation& found_;
    const std::vector<std::string>& classes_;
    std::vector<Missing>& missing_;
    std::string general_;  // of all values
    std::vector<std::string> absent_;
};

// Why there is no sensitivity or specificity at an operating point; empty when there may be.
std::string reason_of_points(const Reasons& validation, const Evaluation& evaluation,
                             const Reasons& test, std::size_t classes) {
    if (classes != 2) {
        return fmt::format("it is for two classes, and there are {}", classes);
    }
    if (!validation.general().empty()) {
        return validation.general() + " in validation, where the threshold comes from";
    }
    if (evaluation.validation.class_images[0] == 0) {
        return fmt::format("validation, where the threshold comes from, has no image of {}",
                           validation.absent().front());
    }
    return test.general();
}

void add_points(const Predictions& predictions, const std::string& reason, Evaluation& result) {
    for (const auto& [point, wanted] :
         {std::pair(&result.at_90, 0.90), std::pair(&result.at_95, 0.95)}) {
        point->wanted = wanted;
        if (reason.empty()) {
            const Part& validation = predictions.validation;
            const Part& test = predictions.test;
            *point = operating_point(one_against_rest(validation.scores, validation.labels, 2, 1),
                                     one_against_rest(test.scores, test.labels, 2, 1), wanted);
        }
        for (const auto& [name, value] : {std::pair("sensitivity", point->sensitivity),
                                          std::pair("specificity reached", point->specificity)}) {
            if (std::isnan(value)) {
                result.missing.push_back(
                    {"test", fmt::format("{} at specificity {:.2f}", name, wanted),
                     reason.empty() ? "a class that it needs has no image" : reason});
            }
        }
    }
}

}  // namespace

Evaluation evaluate(const Predictions& predictions) {
    Evaluation result;
    const auto& classes = predictions.classes;
    result.validation = evaluate_part(predictions.validation, classes);
    result.test = evaluate_part(predictions.test, classes);
    Reasons validation("validation", predictions.validation, result.validation, classes,
                       result.missing);
    Reasons test("test", predictions.test, result.test, classes, result.missing);
    validation.say();
    test.say();
    add_points(predictions, reason_of_points(validation, result, test, classes.size()), result);
    for (const auto& [name, reasons] :
         {std::pair("validation", &validation), std::pair("test", &test)}) {
        if (reasons->general().empty() && !reasons->absent().empty()) {
            result.notes.push_back(
                fmt::format("No image of {} is of {}: averages over classes (auc_macro, "
                            "balanced_accuracy, pr_auc of more than two) are over the others.",
                            name, fmt::join(reasons->absent(), ", ")));
        }
    }
    return result;
}

std::vector<ScoredImage> worst_images(const Part& part, int classes, std::size_t count) {
    std::vector<ScoredImage> images;
    const auto width = static_cast<std::size_t>(classes);
    for (std::size_t i = 0; i < part.images(); ++i) {
        const auto row = std::span(part.scores).subspan(i * width, width);
        const double own = static_cast<double>(row[static_cast<std::size_t>(part.labels[i])]);
        if (!std::isnan(own)) {
            const auto best = std::max_element(row.begin(), row.end()) - row.begin();
            images.push_back({part.ids[i], part.groups[i], part.labels[i],
                              static_cast<std::int32_t>(best), own});
        }
    }
    const auto worse = [](const ScoredImage& a, const ScoredImage& b) {
        return std::tie(a.probability, a.id) < std::tie(b.probability, b.id);
    };
    const std::size_t kept = std::min(count, images.size());
    std::partial_sort(images.begin(), images.begin() + static_cast<std::ptrdiff_t>(kept),
                      images.end(), worse);
    images.resize(kept);
    return images;
}

}  // namespace graft::results::predictions
