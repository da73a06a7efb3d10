// SPDX-License-Identifier: Apache-2.0
// Compared with scikit-learn in tests/oracle/test_predictions.py.
#include "results/predictions/curves.hpp"

#include "core/random.hpp"

#include "support/catch.hpp"

namespace graft::results::predictions {

namespace {

using Scores = std::vector<float>;
using Positive = std::vector<std::uint8_t>;

double rectangle_sum(const std::vector<RocPoint>& curve) {
    double area = 0;
    for (std::size_t i = 1; i < curve.size(); ++i) {
        area += (curve[i].false_positive_rate - curve[i - 1].false_positive_rate) *
                (curve[i].true_positive_rate + curve[i - 1].true_positive_rate) / 2;
    }
    return area;
}

}  // namespace

TEST_CASE("a ROC curve of four images, ties taken together") {
    const auto curve = roc_curve(Scores{0.9F, 0.5F, 0.5F, 0.1F}, Positive{1, 1, 0, 0});
    REQUIRE(curve.size() == 4);
    CHECK(std::isinf(curve[0].threshold));
    CHECK(curve[1].true_positive_rate == 0.5);
    CHECK(curve[1].false_positive_rate == 0);
    CHECK(curve[2].true_positive_rate == 1);
    CHECK(curve[2].false_positive_rate == 0.5);
    CHECK(curve[2].threshold == 0.5);
    CHECK(curve[3].false_positive_rate == 1);
    CHECK(rectangle_sum(curve) == 0.875);
}

TEST_CASE("a precision-recall curve ends where nothing is taken") {
    const auto curve = precision_recall_curve(Scores{0.9F, 0.5F, 0.4F}, Positive{1, 0, 1});
    REQUIRE(curve.size() == 4);
    CHECK(curve[0].recall == 1);
    CHECK(curve[0].precision == Approx(2.0 / 3));
    CHECK(curve[1].precision == 0.5);
    CHECK(curve[2].precision == 1);
    CHECK(curve[3].recall == 0);
    CHECK(curve[3].precision == 1);
}

TEST_CASE("there is no curve without positives, or with scores that are no numbers") {
    CHECK(roc_curve(Scores{0.1F, 0.2F}, Positive{0, 0}).empty());
    CHECK(roc_curve(Scores{0.1F, 0.2F}, Positive{1, 1}).empty());
    CHECK(precision_recall_curve(Scores{0.1F, 0.2F}, Positive{0, 0}).empty());
    CHECK(precision_recall_curve(Scores{0.1F, NAN}, Positive{0, 1}).empty());
    CHECK(roc_curve(Scores{NAN, 0.2F}, Positive{0, 1}).empty());
    CHECK(roc_curve({}, {}).empty());
}

TEST_CASE("a thinned curve keeps its ends and its area") {
    core::RandomStream stream("test", 1);
    Scores scores;
    Positive positive;
    for (int i = 0; i < 5000; ++i) {
        positive.push_back(i % 3 == 0);
        scores.push_back(stream.uniform() * (positive.back() ? 1.0F : 0.7F));
    }
    const auto curve = roc_curve(scores, positive);
    const auto thin = thinned(curve, 100);
    CHECK(curve.size() > 1000);
    CHECK(thin.size() <= 100);
    CHECK(thin.size() > 80);
    CHECK(thin.front().true_positive_rate == 0);
    CHECK(thin.back().false_positive_rate == 1);
    CHECK(rectangle_sum(thin) == Approx(rectangle_sum(curve)).margin(0.005));
    const auto precision = thinned(precision_recall_curve(scores, positive), 50);
    CHECK(precision.size() <= 50);
    CHECK(precision.back().precision == 1);
    CHECK(thinned(thin, 1000).size() == thin.size());
}

}  // namespace graft::results::predictions
