// SPDX-License-Identifier: Apache-2.0
#include "results/findings/speedup.hpp"

#include "results/findings/curve.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::findings {

using tests::planned;
using tests::RecordBuilder;

namespace {

const Arm kImagenet{"imagenet", 0, 100};
constexpr double kFloor = 0.5;

// Ten optimizer steps and ten seconds for each epoch.
void finish(RecordBuilder& builder, const std::string& init, std::int64_t seed,
            const std::vector<double>& val_aucs, const std::string& network = "mobilenet",
            double freeze = 0) {
    builder.finish(builder.plan(planned(network, "retina", init, seed, freeze)), val_aucs, 0.7);
}

const std::vector<double> kSlow{0.50, 0.55, 0.60, 0.65, 0.70, 0.75, 0.80, 0.80, 0.80, 0.80};

std::optional<SpeedupSummary> speedup(const RecordBuilder& builder, double f,
                                      Curve curve = Curve::moving) {
    return dataset_speedup(contexts_of(builder.record()), "retina", kImagenet, RateRule::own_best,
                           curve, f, kFloor);
}

}  // namespace

TEST_CASE("progress is the median of the latest three, and the lowest while there are fewer") {
    RecordBuilder builder;
    finish(builder, "random", 1, {0.9, 0.6, 0.7, 0.8, 0.5});
    const auto progress = progress_of(builder.record().trials()[0], Curve::moving);
    REQUIRE(progress.size() == 5);
    const double expected[] = {0.9, 0.6, 0.7, 0.7, 0.7};
    for (std::size_t i = 0; i < 5; ++i) {
        CHECK(progress[i].value == expected[i]);
    }
    CHECK(progress[4].steps == 50);
    CHECK(progress[4].seconds == 50);
}

TEST_CASE("a speedup is the ratio of the steps until the quality is first reached") {
    RecordBuilder builder;
    finish(builder, "random", 1, kSlow);  // medians: .5 .5 .55 .60 .65 .70 .75 .80 .80 .80
    finish(builder, "imagenet", 1, {0.70, 0.75, 0.80, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85, 0.85});
    // Half of the way from 0.5 to 0.8 is 0.65: at epoch 5 against epoch 1.
    CHECK(speedup(builder, 0.5)->steps.estimate == Approx(5));
    // 0.8: at epoch 8 against epoch 4, whose median of 0.75, 0.80, 0.85 is 0.80.
    CHECK(speedup(builder, 1)->steps.estimate == Approx(2));
    CHECK(speedup(builder, 1)->seconds.estimate == Approx(2));
    CHECK(speedup(builder, 1)->never == 0);
    CHECK(speedup(builder, 1)->late_best == 0);
    CHECK_FALSE(speedup(builder, 1)->steps.known());
    // With statistics taken anew both curves are 0.05 higher: half of the way is 0.675.
    CHECK(speedup(builder, 0.5, Curve::reestimated)->steps.estimate == Approx(5));
}

TEST_CASE("a quality that is never reached leaves a bound, and half of them make the mean one") {
    RecordBuilder builder;
    finish(builder, "random", 1, kSlow);
    finish(builder, "imagenet", 1, {0.6, 0.6, 0.6, 0.6});
    const auto one = speedup(builder, 1);
    REQUIRE(one);
    CHECK(one->networks[0].ratios[0].reach == Reach::never);
    CHECK(one->steps.estimate == Approx(80.0 / 40.0));
    CHECK(one->is_bound());
    for (const std::int64_t seed : {2, 3}) {
        finish(builder, "random", seed, kSlow);
        finish(builder, "imagenet", seed, {0.8, 0.8, 0.8, 0.8});
    }
    const auto three = speedup(builder, 1);
    CHECK(three->never == 1);
    CHECK_FALSE(three->is_bound());
    CHECK(three->steps.estimate == Approx(std::cbrt(2.0 * 8 * 8)));
    CHECK(three->steps.known());
}

TEST_CASE("networks are averaged within a replicate before replicates are") {
    RecordBuilder builder;
    for (const std::int64_t seed : {1, 2}) {
        finish(builder, "random", seed, kSlow);
        finish(builder, "imagenet", seed, {0.8, 0.8, 0.8});
        finish(builder, "random", seed, kSlow, "densenet121");
        finish(builder, "imagenet", seed, {0.7, 0.7, 0.8, 0.8}, "densenet121");
    }
    const auto both = speedup(builder, 1);
    REQUIRE(both);
    CHECK(both->networks.size() == 2);
    CHECK(both->ratios == 4);
    CHECK(both->steps.n == 2);
    CHECK(both->steps.estimate == Approx(std::sqrt(8.0 * 2.0)));
}

TEST_CASE("a random arm that was best at the very end is flagged") {
    RecordBuilder builder;
    std::vector<double> rising;
    for (int epoch = 0; epoch < 20; ++epoch) {
        rising.push_back(0.5 + 0.01 * epoch);
    }
    finish(builder, "random", 1, rising);
    finish(builder, "imagenet", 1, {0.9});
    CHECK(speedup(builder, 1)->late_best == 1);
}

TEST_CASE("no random arm, or one that learned nothing, gives no speedup") {
    RecordBuilder builder;
    finish(builder, "imagenet", 1, {0.9, 0.9});
    CHECK_FALSE(speedup(builder, 1));
    finish(builder, "random", 1, {0.4, 0.5, 0.45});
    CHECK_FALSE(speedup(builder, 1));
}

TEST_CASE("epochs too short for the clock have a ratio in steps and none in seconds") {
    sweep::Trial random, arm;
    for (auto* trial : {&random, &arm}) {
        sweep::TrialResult result;
        result.best = sweep::Best{sweep::Phase::fine_tune, 1, {0.4, 0.7, 0.8, 0.8, 0.8}};
        trial->state = sweep::Done{result};
        sweep::EpochRow row;
        row.step = trial == &random ? 20 : 10;
        row.validation.auc = 0.8;
        row.seconds = trial == &random ? 1 : 0;
        trial->rows = {row};
    }
    const Context context{
        "mobilenet",
        "retina",
        "",
        {{kRandom, 1e-4, {{{0, 1}, &random}}}, {kImagenet, 1e-4, {{{0, 1}, &arm}}}}};
    const auto found = dataset_speedup({context}, "retina", kImagenet, RateRule::own_best,
                                       Curve::moving, 1, kFloor);
    REQUIRE(found);
    CHECK(found->steps.estimate == Approx(2));
    CHECK(std::isnan(found->seconds.estimate));
}

TEST_CASE("a curve is over networks where there are several, else over replicates") {
    RecordBuilder builder;
    finish(builder, "random", 1, {0.5, 0.6, 0.7});
    finish(builder, "random", 2, {0.7, 0.8, 0.9, 0.9});
    auto curve = mean_curve(contexts_of(builder.record()), "retina", kRandom, RateRule::own_best,
                            Curve::moving);
    REQUIRE(curve);
    CHECK(curve->over == Over::replicates);
    REQUIRE(curve->epochs.size() == 3);  // as far as both have them
    CHECK(curve->epochs[0].value.estimate == Approx(0.6));
    CHECK(curve->epochs[0].value.n == 2);
    CHECK(curve->epochs[1].trend == Approx(0.7));
    CHECK(curve->epochs[2].steps == 30);

    finish(builder, "random", 1, {0.9, 0.9, 0.9}, "densenet121");
    const auto contexts = contexts_of(builder.record());
    curve = mean_curve(contexts, "retina", kRandom, RateRule::own_best, Curve::moving);
    CHECK(curve->over == Over::networks);
    CHECK(curve->epochs[0].value.estimate == Approx(0.75));
    CHECK(curve->networks == 2);
    CHECK(curve->trials == 3);
    CHECK_FALSE(mean_curve(contexts, "retina", kImagenet, RateRule::own_best, Curve::moving));
}

TEST_CASE("freeze levels are compared with freeze 0 within a replicate") {
    RecordBuilder builder;
    for (const std::int64_t seed : {1, 2}) {
        const double base = 0.8 + 0.01 * static_cast<double>(seed);
        finish(builder, "imagenet", seed, {base});
        finish(builder, "imagenet", seed, {base - 0.1}, "mobilenet", 50);
    }
    finish(builder, "random", 1, {0.5});
    const auto curves =
        freeze_curves(contexts_of(builder.record()), RateRule::own_best, Metric::val_auc);
    REQUIRE(curves.size() == 1);
    REQUIRE(curves[0].levels.size() == 2);
    CHECK(curves[0].levels[0].freeze == 0);
    CHECK(curves[0].levels[0].parameters == Approx(0.1));  // 100 of 1000 are not trainable
    CHECK(curves[0].levels[1].value.estimate == Approx(0.715));
    CHECK(curves[0].levels[1].against.difference.estimate == Approx(-0.1));
    CHECK(curves[0].levels[1].against.difference.n == 2);
}

TEST_CASE("what an arm lost after its best epoch is told") {
    RecordBuilder builder;
    finish(builder, "random", 1, {0.5, 0.7, 0.6});
    finish(builder, "random", 2, {0.5, 0.6, 0.8, 0.7});
    const auto found =
        overfitting_of(contexts_of(builder.record()), {kRandom, kImagenet}, RateRule::own_best);
    REQUIRE(found.size() == 1);
    CHECK(found[0].best_epoch.estimate == Approx(2.5));
    CHECK(found[0].fall.estimate == Approx(0.1));
    CHECK(found[0].epochs == 4);
}

}  // namespace graft::results::findings
