// SPDX-License-Identifier: Apache-2.0
#include "results/findings/data_curve.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::findings {

using tests::planned;
using tests::RecordBuilder;

namespace {

void finish(RecordBuilder& builder, const std::string& init, double freeze, double fraction,
            double val_auc, double test_auc) {
    for (std::int64_t seed = 1; seed <= 2; ++seed) {
        auto trial = planned("mobilenet", "retina", init, seed, freeze);
        trial.spec.edit().training.train_fraction = fraction;
        trial.work.train_images = std::lround(1000 * fraction);
        builder.finish(builder.plan(trial), val_auc, test_auc + 0.01 * static_cast<double>(seed));
    }
}

}  // namespace

TEST_CASE("a curve has a level for each train_fraction, at the freeze best there on validation") {
    RecordBuilder builder;
    finish(builder, "random", 0, 1, 0.7, 0.7);
    finish(builder, "random", 0, 0.1, 0.6, 0.6);
    finish(builder, "random", 50, 0.1, 0.99, 0.99);  // a control
    finish(builder, "imagenet", 0, 1, 0.9, 0.88);
    finish(builder, "imagenet", 50, 1, 0.8, 0.95);
    finish(builder, "imagenet", 0, 0.1, 0.7, 0.9);
    finish(builder, "imagenet", 50, 0.1, 0.8, 0.79);
    const auto curves =
        data_curves(contexts_of(builder.record()), RateRule::same, Metric::test_auc);
    REQUIRE(curves.size() == 2);
    CHECK(curves[0].init == "random");
    const auto& imagenet = curves[1];
    CHECK(imagenet.network == "mobilenet");
    CHECK(imagenet.variant.empty());
    REQUIRE(imagenet.levels.size() == 2);
    CHECK(imagenet.levels[0].fraction == 0.1);
    CHECK(imagenet.levels[0].images == 100);
    CHECK(imagenet.levels[0].arm.freeze == 50);
    CHECK(imagenet.levels[0].freezes == 2);
    CHECK(imagenet.levels[0].value.estimate == Approx(0.805));
    CHECK(imagenet.levels[0].gain.difference.estimate == Approx(0.19));
    CHECK(imagenet.levels[1].arm.freeze == 0);
    CHECK(imagenet.levels[1].value.estimate == Approx(0.895));
    CHECK(curves[0].levels[0].value.estimate == Approx(0.615));
    CHECK(curves[0].levels[0].gain.difference.n == 0);
}

TEST_CASE("one train_fraction is no curve, and other settings are curves of their own") {
    RecordBuilder builder;
    finish(builder, "random", 0, 1, 0.7, 0.7);
    CHECK(data_curves(contexts_of(builder.record()), RateRule::same, Metric::test_auc).empty());
    for (const double dropout : {0.2, 0.4}) {
        for (const double fraction : {0.5, 1.0}) {
            auto trial = planned("small_cnn", "retina", "random", 1);
            trial.spec.edit().training.train_fraction = fraction;
            trial.spec.edit().training.dropout = dropout;
            builder.finish(builder.plan(trial), 0.8, 0.7);
        }
    }
    const auto curves =
        data_curves(contexts_of(builder.record()), RateRule::same, Metric::test_auc);
    REQUIRE(curves.size() == 2);
    CHECK(curves[0].variant == "dropout 0.2");
    CHECK(curves[1].variant == "dropout 0.4");
}

}  // namespace graft::results::findings
