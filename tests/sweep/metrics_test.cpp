// SPDX-License-Identifier: Apache-2.0
#include "sweep/metrics.hpp"

#include <cmath>
#include <vector>

#include "core/random.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::sweep;

TEST_CASE("the AUC counts ties half, as pairs say") {
    core::RandomStream stream("auc", 1);
    std::vector<float> scores;
    std::vector<std::uint8_t> positive;
    for (int i = 0; i < 200; ++i) {
        scores.push_back(static_cast<float>(stream.below(20)));
        positive.push_back(stream.below(3) == 0);
    }
    double won = 0;
    double pairs = 0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
        for (std::size_t j = 0; j < scores.size(); ++j) {
            if (positive[i] && !positive[j]) {
                won += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                ++pairs;
            }
        }
    }
    CHECK(roc_auc(scores, positive) == Approx(won / pairs).epsilon(1e-14));
}

TEST_CASE("an AUC without positives, without negatives or with NaN is NaN") {
    const std::vector<float> scores{0.1F, 0.2F};
    const std::vector<std::uint8_t> none{0, 0}, all{1, 1}, one{0, 1};
    const std::vector<float> broken{0.1F, NAN};
    CHECK(std::isnan(roc_auc(scores, none)));
    CHECK(std::isnan(roc_auc(scores, all)));
    CHECK(std::isnan(roc_auc(broken, one)));
}

TEST_CASE("two classes have the ordinary AUC, more the micro average") {
    const std::vector<float> two{0.9F, 0.1F, 0.4F, 0.6F, 0.7F, 0.3F, 0.2F, 0.8F};
    const std::vector<std::int32_t> labels{0, 1, 1, 1};
    const auto metrics = evaluate(two, labels, 2);
    CHECK(metrics.auc == 1.0);
    CHECK(metrics.auc_micro == Approx(13.0 / 16));
    CHECK(metrics.accuracy == 0.75);
    CHECK(metrics.loss ==
          Approx(-(std::log(.9) + std::log(.6) + std::log(.3) + std::log(.8)) / 4).epsilon(1e-6));
    const std::vector<float> three{0.5F, 0.3F, 0.2F, 0.1F, 0.8F, 0.1F, 0.6F, 0.3F, 0.1F};
    const std::vector<std::int32_t> labels3{0, 1, 1};
    const auto more = evaluate(three, labels3, 3);
    CHECK(more.auc == more.auc_micro);
    CHECK(more.auc_macro == Approx((0.5 + 0.75) / 2));  // class 2 is absent
}

TEST_CASE("the best is chosen by its column, then by lower loss, then the earlier") {
    Metrics a;
    a.auc = 0.8;
    a.loss = 0.5;
    Metrics b = a;
    CHECK_FALSE(better(BestBy::val_auc, b, a));
    b.loss = 0.4;
    CHECK(better(BestBy::val_auc, b, a));
    b.auc = 0.79;
    CHECK_FALSE(better(BestBy::val_auc, b, a));
    CHECK(better(BestBy::val_loss, b, a));
    CHECK(better(BestBy::val_auc, a, Metrics{}));
    CHECK_FALSE(better(BestBy::val_auc, Metrics{}, a));
}
