// SPDX-License-Identifier: Apache-2.0
// Compared with scikit-learn in tests/oracle/test_predictions.py; here by hand.
#include "results/predictions/metrics.hpp"

#include "support/catch.hpp"

namespace graft::results::predictions {

namespace {

using Scores = std::vector<float>;
using Labels = std::vector<std::int32_t>;
using Counts = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("a confusion matrix has the true classes as rows, and takes the first of equal scores") {
    const Scores scores{0.5F, 0.5F, 0.25F, 0.75F, 1.0F, 0.0F};
    CHECK(confusion_matrix(scores, Labels{0, 1, 1}, 2) == Counts{1, 0, 1, 1});
}

TEST_CASE("the micro average asks of every class of every image") {
    const std::vector<float> scores{0.5F, 0.25F, 0.25F, 0.0F, 0.125F, 0.875F};
    const auto all = all_against_rest(scores, std::vector<std::int32_t>{1, 2}, 3);
    CHECK(all.scores == scores);
    CHECK(all.positive == std::vector<std::uint8_t>{0, 1, 0, 0, 0, 1});
}

TEST_CASE("balanced accuracy counts classes, not images") {
    CHECK(balanced_accuracy(Counts{90, 0, 10, 0}, 2) == 0.5);
    CHECK(balanced_accuracy(Counts{1, 1, 0, 0}, 2) == 0.5);
    CHECK(std::isnan(balanced_accuracy(Counts{0, 0, 0, 0}, 2)));
}

TEST_CASE("quadratic kappa forgives near misses and knows no value without two classes") {
    const double near = quadratic_kappa(Counts{8, 2, 0, 2, 6, 2, 0, 2, 8}, 3);
    const double far = quadratic_kappa(Counts{8, 0, 2, 2, 6, 2, 2, 0, 8}, 3);
    CHECK(near > far);
    CHECK(quadratic_kappa(Counts{5, 0, 0, 5}, 2) == 1);
    CHECK(quadratic_kappa(Counts{0, 5, 5, 0}, 2) == -1);
    CHECK(std::isnan(quadratic_kappa(Counts{5, 0, 0, 0}, 2)));
}

TEST_CASE("classes that are all numbers have an order") {
    CHECK(are_ordered(std::vector<std::string>{"0", "1", "10"}));
    CHECK_FALSE(are_ordered(std::vector<std::string>{"0", "1", "none"}));
}

TEST_CASE("the Brier score of two classes is of class 1, of more a sum") {
    CHECK(brier_score(Scores{0.5F, 0.5F, 0.0F, 1.0F}, Labels{1, 1}, 2) == 0.125);
    CHECK(brier_score(Scores{0.5F, 0.5F, 0.0F}, Labels{0}, 3) == 0.5);
    CHECK(std::isnan(brier_score({}, {}, 2)));
}

TEST_CASE("calibration: bins hold what lies above their lower end and up to the upper") {
    const Scores scores{0.5F, 0.5F, 0.75F, 0.25F, 1.0F, 0.0F};
    const auto bins = reliability(scores, Labels{0, 1, 1}, 2, 4);
    REQUIRE(bins.size() == 4);
    CHECK(bins[1].images == 1);  // 0.5 lies in (0.25, 0.5]
    CHECK(bins[1].accuracy == 1);
    CHECK(bins[2].images == 1);
    CHECK(bins[2].confidence == 0.75);
    CHECK(bins[2].accuracy == 0);
    CHECK(bins[3].images == 1);
    CHECK(std::isnan(bins[0].accuracy));
    CHECK(calibration_error(bins) == Approx((0.5 + 0.75 + 1) / 3));
    CHECK(std::isnan(calibration_error(reliability({}, {}, 2))));
    // Rounded, a softmax may be above 1.
    CHECK(reliability(Scores{1.0005F, 0.0F}, Labels{0}, 2).back().images == 1);
}

TEST_CASE("a threshold is chosen on validation and judged on test") {
    const OneClass validation{{0.1F, 0.2F, 0.3F, 0.4F, 0.35F, 0.9F}, {0, 0, 0, 0, 1, 1}};
    const OneClass test{{0.1F, 0.37F, 0.38F, 0.3F}, {0, 0, 1, 1}};
    // 0.35 spares three of four negatives, and is the lowest that does.
    const auto point = operating_point(validation, test, 0.75);
    CHECK(point.wanted == 0.75);
    CHECK(point.threshold == Approx(0.35));
    CHECK(point.sensitivity == 0.5);
    CHECK(point.specificity == 0.5);
    // All of them are spared above 0.4 only.
    CHECK(operating_point(validation, test, 0.9).threshold == Approx(0.9));
}

TEST_CASE("when no score spares enough negatives, nothing is called positive") {
    const OneClass validation{{0.9F, 0.9F, 0.5F}, {0, 0, 1}};
    const auto point = operating_point(validation, validation, 0.9);
    CHECK(std::isinf(point.threshold));
    CHECK(point.sensitivity == 0);
    CHECK(point.specificity == 1);
}

TEST_CASE("nine of ten negatives are a specificity of 0.9, whatever the rounding") {
    OneClass validation;
    for (int i = 0; i < 10; ++i) {
        validation.scores.push_back(static_cast<float>(i));
        validation.positive.push_back(0);
    }
    validation.scores.push_back(8.5F);
    validation.positive.push_back(1);
    CHECK(operating_point(validation, validation, 0.9).threshold == 8.5);
}

TEST_CASE("an operating point without the images that it needs is missing") {
    const OneClass none{{0.5F}, {1}};
    const OneClass both{{0.5F, 0.2F}, {1, 0}};
    CHECK(std::isnan(operating_point(none, both, 0.9).threshold));
    CHECK(std::isnan(operating_point(none, both, 0.9).sensitivity));
    CHECK(operating_point(both, none, 0.9).sensitivity == 1);
    CHECK(std::isnan(operating_point(both, none, 0.9).specificity));
}

TEST_CASE("sizes that do not agree are a bug of the caller") {
    CHECK_THROWS_AS(brier_score(Scores{0.5F}, Labels{0}, 2), std::logic_error);
    CHECK_THROWS_AS(confusion_matrix(Scores{0.5F}, Labels{0}, 1), std::logic_error);
}

}  // namespace graft::results::predictions
