// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/evaluation.hpp"

#include <algorithm>

#include "support/catch.hpp"

namespace graft::results::predictions {

namespace {

Part part_of(const std::vector<std::int32_t>& labels, std::size_t classes) {
    Part part;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        part.ids.push_back(std::string(1, static_cast<char>('a' + i)));
        part.groups.push_back(part.ids.back());
        part.labels.push_back(labels[i]);
        // The later, the surer of the right class.
        const float own = static_cast<float>(i + 1) / static_cast<float>(labels.size() + 1);
        for (std::size_t c = 0; c < classes; ++c) {
            const bool right = static_cast<std::int32_t>(c) == labels[i];
            part.scores.push_back(right ? own : (1 - own) / static_cast<float>(classes - 1));
        }
    }
    return part;
}

Predictions two_classes() {
    Predictions predictions;
    predictions.classes = {"healthy", "ill"};
    predictions.validation = part_of({0, 1, 0, 1}, 2);
    predictions.test = part_of({1, 0, 0, 1}, 2);
    return predictions;
}

const Missing* find(const Evaluation& evaluation, const std::string& part,
                    const std::string& metric) {
    const auto found =
        std::find_if(evaluation.missing.begin(), evaluation.missing.end(),
                     [&](const Missing& m) { return m.part == part && m.metric == metric; });
    return found == evaluation.missing.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("all metrics of a trial of two classes") {
    const auto found = evaluate(two_classes());
    CHECK(found.test.images == 4);
    CHECK(found.test.class_images == std::vector<std::int64_t>{2, 2});
    CHECK(found.test.basic.accuracy == 0.5);
    CHECK(found.test.balanced_accuracy == 0.5);
    CHECK(found.test.class_aucs[0] == found.test.basic.auc);
    CHECK(found.test.reliability.size() == 15);
    CHECK(found.at_90.wanted == 0.9);
    CHECK_FALSE(std::isnan(found.at_95.sensitivity));
    // Healthy and ill have no order; all else is there, twice.
    CHECK(found.missing.size() == 2);
    REQUIRE(find(found, "test", "quadratic_kappa"));
    CHECK_THAT(find(found, "test", "quadratic_kappa")->reason, ContainsSubstring("no order"));
    CHECK(found.notes.empty());
}

TEST_CASE("a class without images: what needs it is missing, with the reason") {
    auto predictions = two_classes();
    predictions.test = part_of({1, 1}, 2);
    const auto found = evaluate(predictions);
    CHECK(std::isnan(found.test.basic.auc));
    REQUIRE(find(found, "test", "auc"));
    CHECK(find(found, "test", "auc")->reason == "no image is of 'healthy'");
    CHECK(find(found, "test", "auc of class 'healthy'")->reason == "no image is of it");
    CHECK(find(found, "test", "auc of class 'ill'")->reason == "all images are of it");
    CHECK(find(found, "test", "specificity reached at specificity 0.90"));
    CHECK_FALSE(find(found, "test", "sensitivity at specificity 0.90"));
    CHECK_FALSE(find(found, "test", "accuracy"));
    CHECK_FALSE(find(found, "validation", "auc"));
}

TEST_CASE("averages over classes say which class they leave out") {
    Predictions predictions;
    predictions.classes = {"0", "1", "2"};
    predictions.validation = part_of({0, 1, 2, 0, 1, 2}, 3);
    predictions.test = part_of({0, 2, 2, 0}, 3);
    const auto found = evaluate(predictions);
    REQUIRE(found.notes.size() == 1);
    CHECK_THAT(found.notes[0], ContainsSubstring("No image of test is of '1'"));
    CHECK_FALSE(std::isnan(found.test.basic.auc_macro));
    CHECK_FALSE(std::isnan(found.test.quadratic_kappa));
    REQUIRE(find(found, "test", "sensitivity at specificity 0.95"));
    CHECK(find(found, "test", "sensitivity at specificity 0.95")->reason ==
          "it is for two classes, and there are 3");
}

TEST_CASE("a part without images, or with scores that are no numbers, has no metric at all") {
    auto predictions = two_classes();
    predictions.validation = Part{};
    predictions.test.scores[3] = NAN;
    const auto found = evaluate(predictions);
    CHECK(std::isnan(found.test.basic.accuracy));
    CHECK(std::isnan(found.test.brier_score));
    CHECK(find(found, "test", "loss")->reason == "some scores are not numbers");
    CHECK(find(found, "validation", "pr_auc")->reason == "there are no images");
    CHECK_THAT(find(found, "test", "sensitivity at specificity 0.90")->reason,
               ContainsSubstring("no images in validation"));
}

TEST_CASE("a threshold is not taken from a validation part without the first class") {
    auto predictions = two_classes();
    predictions.validation = part_of({1, 1}, 2);
    CHECK_THAT(find(evaluate(predictions), "test", "sensitivity at specificity 0.90")->reason,
               ContainsSubstring("no image of 'healthy'"));
}

TEST_CASE("the worst images are those whose true class got least") {
    const Part part = part_of({1, 0, 0, 1}, 2);
    const auto worst = worst_images(part, 2, 2);
    REQUIRE(worst.size() == 2);
    CHECK(worst[0].id == "a");
    CHECK(worst[0].label == 1);
    CHECK(worst[0].taken_for == 0);
    CHECK(worst[0].probability == Approx(0.2));
    CHECK(worst[1].id == "b");
    CHECK(worst_images(part, 2, 10).size() == 4);
}

}  // namespace graft::results::predictions
