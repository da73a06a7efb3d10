// SPDX-License-Identifier: Apache-2.0
#include "results/findings/effect.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::findings {

using tests::planned;
using tests::RecordBuilder;

namespace {

const Arm kImagenet{"imagenet", 0, 100}, kMeanVar{"mean_var", 0, 100};

void finish(RecordBuilder& builder, const std::string& network, const std::string& init,
            std::int64_t seed, double val_auc, double test_auc, double rate = 1e-4,
            const std::string& dataset = "retina") {
    auto trial = planned(network, dataset, init, seed);
    trial.spec.edit().training.learning_rate = rate;
    builder.finish(builder.plan(trial), val_auc, test_auc);
}

// Differences in test AUC: mobilenet 0.10, 0.20, 0.30; densenet121 0.00, 0.10.
RecordBuilder two_networks() {
    RecordBuilder builder;
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        const double gain = 0.1 * static_cast<double>(seed);
        finish(builder, "mobilenet", "random", seed, 0.5, 0.5);
        finish(builder, "mobilenet", "imagenet", seed, 0.6, 0.5 + gain);
        if (seed < 3) {
            finish(builder, "densenet121", "random", seed, 0.5, 0.5);
            finish(builder, "densenet121", "imagenet", seed, 0.6, 0.4 + gain);
        }
    }
    finish(builder, "mobilenet", "imagenet", 9, 0.6, 0.99);
    return builder;
}

}  // namespace

TEST_CASE("arms are paired by replicate, and runs without a partner are counted, not used") {
    const auto builder = two_networks();
    const auto contexts = contexts_of(builder.record());
    const auto effect =
        effect_of(contexts[0], kImagenet, kRandom, RateRule::own_best, Metric::test_auc);
    REQUIRE(effect);
    CHECK(effect->points.difference.n == 3);
    CHECK(effect->points.difference.estimate == Approx(0.2));
    // t(2) at 97.5 % is 4.302653; the differences' standard deviation is 0.1.
    CHECK(effect->points.difference.high == Approx(0.2 + 4.302653 * 0.1 / std::sqrt(3.0)));
    CHECK(effect->percent.estimate == Approx(40));
    CHECK(effect->unpaired == 1);
}

TEST_CASE("a dataset's effect averages networks within a replicate, where all have it") {
    const auto builder = two_networks();
    const auto contexts = contexts_of(builder.record());
    const auto effect = dataset_effect(contexts, "retina", kImagenet, kRandom, RateRule::own_best,
                                       Metric::test_auc);
    REQUIRE(effect);
    CHECK(effect->networks.size() == 2);
    CHECK(effect->replicates == std::vector<Replicate>{{0, 1}, {0, 2}});
    CHECK(effect->points.difference.estimate == Approx((0.05 + 0.15) / 2));
    CHECK(effect->points.difference.n == 2);
    CHECK_FALSE(dataset_effect(contexts, "cancer", kImagenet, kRandom, RateRule::own_best,
                               Metric::test_auc));
    CHECK_FALSE(dataset_effect(contexts, "retina", kMeanVar, kRandom, RateRule::own_best,
                               Metric::test_auc));
}

TEST_CASE("one replicate gives a difference without an interval") {
    RecordBuilder builder;
    finish(builder, "mobilenet", "random", 1, 0.5, 0.5);
    finish(builder, "mobilenet", "imagenet", 1, 0.5, 0.6);
    const auto effect = dataset_effect(contexts_of(builder.record()), "retina", kImagenet, kRandom,
                                       RateRule::same, Metric::test_auc);
    REQUIRE(effect);
    CHECK(effect->points.difference.estimate == Approx(0.1));
    CHECK_FALSE(effect->points.difference.known());
    CHECK(std::isnan(effect->points.p));
}

TEST_CASE(
    "an arm's own best rate is chosen on validation over the replicates that all rates have") {
    RecordBuilder builder;
    // Seed 1 alone has both rates; there 1e-4 wins. Seed 2 of 1e-3 must not count.
    finish(builder, "mobilenet", "random", 1, 0.70, 0.1, 1e-4);
    finish(builder, "mobilenet", "random", 1, 0.65, 0.9, 1e-3);
    finish(builder, "mobilenet", "random", 2, 0.99, 0.9, 1e-3);
    finish(builder, "mobilenet", "imagenet", 1, 0.80, 0.8, 1e-5);
    finish(builder, "mobilenet", "imagenet", 1, 0.90, 0.7, 1e-4);
    finish(builder, "mobilenet", "imagenet", 1, 0.80, 0.8, 1e-3);
    const auto contexts = contexts_of(builder.record());
    const auto random = choose_rate(contexts[0], kRandom);
    REQUIRE(random);
    CHECK(random->rate == 1e-4);
    CHECK(random->replicates == 1);
    CHECK(random->at_edge);
    const auto imagenet = choose_rate(contexts[0], kImagenet);
    CHECK(imagenet->rate == 1e-4);
    CHECK(imagenet->tried == 3);
    CHECK_FALSE(imagenet->at_edge);
    CHECK_FALSE(choose_rate(contexts[0], kMeanVar));
    // Both rates have two runs of random and one or two of imagenet: 1e-3 has most.
    CHECK(shared_rate(contexts[0]) == 1e-3);
    const auto own =
        effect_of(contexts[0], kImagenet, kRandom, RateRule::own_best, Metric::test_auc);
    CHECK(own->points.difference.estimate == Approx(0.6));
    const auto same = effect_of(contexts[0], kImagenet, kRandom, RateRule::same, Metric::test_auc);
    CHECK(same->points.difference.estimate == Approx(-0.1));
    CHECK(same->arm_rate == 1e-3);
}

TEST_CASE("a single rate is no choice, so not at an edge") {
    RecordBuilder builder;
    finish(builder, "mobilenet", "random", 1, 0.7, 0.1);
    const auto choice = choose_rate(contexts_of(builder.record())[0], kRandom);
    CHECK(choice->tried == 1);
    CHECK_FALSE(choice->at_edge);
}

TEST_CASE("p values of a family are adjusted over all its comparisons and datasets") {
    RecordBuilder builder;
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        const double noise = 0.01 * static_cast<double>(seed);
        for (const char* dataset : {"retina", "cancer"}) {
            finish(builder, "mobilenet", "random", seed, 0.5, 0.5, 1e-4, dataset);
            finish(builder, "mobilenet", "imagenet", seed, 0.5, 0.6 + noise, 1e-4, dataset);
        }
        finish(builder, "mobilenet", "mean_var", seed, 0.5, 0.45 + 5 * noise);
    }
    const Contrast of_imagenet{kImagenet, kRandom}, of_mean_var{kMeanVar, kRandom};
    const std::vector<Contrast> contrasts{of_imagenet, of_mean_var};
    const auto family =
        family_of(contexts_of(builder.record()), contrasts, RateRule::own_best, Metric::test_auc);
    REQUIRE(family.size() == 3);
    CHECK(family[0].dataset == "retina");
    CHECK(family[1].arm.init == "mean_var");
    CHECK(family[2].dataset == "cancer");
    // Equal p values of retina and cancer: both are adjusted by 3, the largest by 1.
    CHECK(family[0].adjusted_p == Approx(3 * family[0].points.p));
    CHECK(family[2].adjusted_p == Approx(3 * family[0].points.p));
    CHECK(family[1].adjusted_p == Approx(family[1].points.p));
}

TEST_CASE("a small network is compared with the mean of the others, all from scratch") {
    RecordBuilder builder;
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        const double base = 0.7 + 0.001 * static_cast<double>(seed);
        finish(builder, "small_cnn", "random", seed, 0.5, base);
        finish(builder, "mobilenet", "random", seed, 0.5, base + 0.03);
        finish(builder, "densenet121", "random", seed, 0.5,
               base - 0.03 + 0.0001 * static_cast<double>(seed));
        finish(builder, "mobilenet", "imagenet", seed, 0.5, 0.99);
    }
    const auto parity =
        parity_of(contexts_of(builder.record()), "small_cnn", Metric::test_auc, 0.01);
    REQUIRE(parity.size() == 1);
    CHECK(parity[0].others == "mobilenet, densenet121");
    CHECK(parity[0].test.difference.estimate == Approx(-0.0001));
    CHECK(parity[0].test.equivalent);
    CHECK(parity_of(contexts_of(builder.record()), "large", Metric::test_auc, 0.01).empty());
}

TEST_CASE("differences over folds are judged by the corrected resampled t test") {
    RecordBuilder builder;
    const std::vector<double> gains{0.05, 0.02, 0.04, 0.01, 0.03};
    for (std::int32_t fold = 1; fold <= 5; ++fold) {
        for (const char* init : {"random", "imagenet"}) {
            auto trial = planned("mobilenet", "retina", init, 1);
            trial.spec.edit().fold = {fold, 5, 0};
            const double gain =
                init == kImagenet.init ? gains[static_cast<std::size_t>(fold) - 1] : 0;
            builder.finish(builder.plan(trial), 0.8, 0.7 + gain);
        }
    }
    const auto effect = dataset_effect(contexts_of(builder.record()), "retina", kImagenet, kRandom,
                                       RateRule::same, Metric::test_auc);
    REQUIRE(effect);
    CHECK(effect->points.difference.n == 5);
    CHECK(effect->points.difference.estimate == Approx(0.03));
    // sd 0.0158114, t(0.975, 4) = 2.776445, sqrt(1/5 + 9/32) = 0.6937218
    CHECK(effect->points.difference.high == Approx(0.03 + 2.776445 * 0.0158114 * 0.6937218));
    CHECK(effect->percent.high == Approx(100 * effect->points.difference.high / 0.7));
    CHECK_FALSE(effect->points.wilcoxon_p);
}

TEST_CASE("pairs on one fold alone are as those of seeds, whatever folds the arms have besides") {
    RecordBuilder builder;
    for (const char* init : {"random", "imagenet"}) {
        for (std::int64_t seed = 1; seed <= 3; ++seed) {
            for (const std::int32_t fold : {1, 2}) {
                if (fold == 2 && init == kImagenet.init) {
                    continue;
                }
                auto trial = planned("mobilenet", "retina", init, seed);
                trial.spec.edit().fold = {fold, 5, 0};
                builder.finish(
                    builder.plan(trial), 0.8,
                    0.7 + (init == kImagenet.init ? 0.01 : 0.0) * static_cast<double>(seed));
            }
        }
    }
    const auto contexts = contexts_of(builder.record());
    CHECK(overlap_of(contexts[0].cells[0].runs).ratio > 0);
    const auto effect =
        effect_of(contexts[0], kImagenet, kRandom, RateRule::same, Metric::test_auc);
    REQUIRE(effect);
    CHECK(effect->replicates.size() == 3);
    // Of three seeds: 0.01, 0.02, 0.03; t(0.975, 2) = 4.302653
    CHECK(effect->points.difference.high == Approx(0.02 + 4.302653 * 0.01 / std::sqrt(3)));
}

}  // namespace graft::results::findings
