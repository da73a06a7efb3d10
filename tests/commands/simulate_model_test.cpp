// SPDX-License-Identifier: Apache-2.0
#include "commands/simulate_model.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;

namespace {

// 10 batches of training and 2 of validation per epoch; a quarter of the network is frozen for
// every 25 of `freeze`.
sweep::PlannedTrial trial_of(double freeze, const std::string& init = "imagenet") {
    auto trial = planned("mobilenet", "retina", init, 1, freeze);
    trial.spec.edit().training.batch_size = 32;
    trial.work.train_images = 320;
    trial.work.evaluated_images = 64;
    trial.work.multiply_adds = 1e9;
    trial.work.frozen_multiply_adds = 1e7 * freeze;
    trial.work.epochs = 53;
    return trial;
}

TrialView view(const sweep::PlannedTrial& trial) {
    return {&trial.spec, &trial.work};
}

constexpr double kForward = 1, kAll = 3, kValidation = 0.5;
const sweep::StepTimes kTimes{kAll, kForward, kValidation, ""};

}  // namespace

TEST_CASE("a trial alone takes what its steps take") {
    const auto trial = trial_of(25);
    const auto time = cohort_time(kTimes, {view(trial)}, {}, {});
    CHECK(time.warmup_epoch.count() == Approx(10 * 1 + 2 * 0.5));
    CHECK(time.epoch.count() == Approx(10 * (1 + 2 * 0.75) + 2 * 0.5));
    CHECK(time.scoring.count() == Approx(2 * 0.5));
    CHECK(training_time(time, trial.spec, trial.work).count() ==
          Approx(trial_seconds(kTimes, trial)));
}

TEST_CASE("a cohort passes its common bottom once and trains each top") {
    const auto shallow = trial_of(25), deep = trial_of(75);
    const auto time = cohort_time(kTimes, {view(shallow), view(deep)}, {}, {});
    // Forward: the bottom to 75 % once, tops of 75 % and 25 %; backward: the tops, twice that.
    CHECK(time.epoch.count() == Approx(10 * (1.75 + 2 * 1.0) + 2 * 0.5 * 1.75));
    CHECK(time.warmup_epoch.count() == Approx(11));
    const auto alone = cohort_time(kTimes, {view(shallow)}, {}, {}).epoch +
                       cohort_time(kTimes, {view(deep)}, {}, {}).epoch;
    CHECK(time.epoch < alone);
}

TEST_CASE("what a slot has already takes no time again") {
    const auto trial = trial_of(0);
    const SlotCosts costs;
    const auto cold = cohort_time(kTimes, {view(trial)}, costs, {false, false}).start;
    const auto warm = cohort_time(kTimes, {view(trial)}, costs, {true, true}).start;
    const auto other = cohort_time(kTimes, {view(trial)}, costs, {true, false}).start;
    CHECK(warm == costs.next_start);
    CHECK(cold > costs.cold_start);
    CHECK(other > warm);
    CHECK(other < cold);
}

TEST_CASE("no order beats the bound, and a cohort's bound is lower") {
    const StepSource steps{"one", "", false, std::nullopt,
                           [](const auto&, const auto&) { return std::optional(kTimes); }};
    const std::vector<sweep::PlannedTrial> trials{trial_of(0), trial_of(50), trial_of(75)};
    const auto alone = lower_bound(trials, steps, 2, Sharing::none);
    double all = 0;
    for (const auto& trial : trials) {
        all += trial_seconds(kTimes, trial);
    }
    CHECK(alone.work.count() == Approx(all / 2));
    CHECK(alone.longest.count() == Approx(trial_seconds(kTimes, trials[0])));
    CHECK(lower_bound(trials, steps, 1, Sharing::none).larger().count() == Approx(all));
    const auto shared = lower_bound(trials, steps, 2, Sharing::cohorts);
    CHECK(shared.work < alone.work);
    CHECK(shared.longest == alone.longest);
    CHECK(in_order(trials, steps, {}, 2) > alone.larger());
    CHECK(in_order(trials, steps, {}, 1) > lower_bound(trials, steps, 1, Sharing::none).larger());
}

TEST_CASE("published throughput gives ResNet50's own images per second") {
    const auto steps = published_steps("v100");
    REQUIRE(steps);
    CHECK(steps->estimate);
    auto trial = trial_of(0);
    trial.spec.edit().training.batch_size = 374;
    trial.work.multiply_adds = 3'490'000'000.0;  // resnet50_v2 at 224 px, nearly
    CHECK(steps->of(trial.spec, trial.work)->all == Approx(1).epsilon(0.02));
    trial.spec.edit().training.precision = sweep::Precision::float16;
    CHECK(steps->of(trial.spec, trial.work)->all == Approx(374.0 / 1154).epsilon(0.02));
    trial.spec.edit().training.precision = sweep::Precision::tf32;
    CHECK_THROWS_WITH(steps->of(trial.spec, trial.work),
                      ContainsSubstring("NVIDIA V100 in tf32 (known: float32, float16)"));
    CHECK_FALSE(published_steps("abacus"));
}

TEST_CASE("measured steps are those of the device asked for") {
    const StepRow row{"H200", "mobilenet", 224, 32, "float32", {1, 0.25, 0.125, ""}, 2, "2026"};
    StepRow other = row;
    other.device = "V100";
    auto trial = planned();
    trial.work.image_size = 224;
    CHECK(measured_steps({row}, {}, "").of(trial.spec, trial.work)->all == 1);
    CHECK_THROWS_WITH(measured_steps({}, {}, ""),
                      ContainsSubstring("--device v100") && ContainsSubstring("graft check FILE"));
    CHECK_THROWS_WITH(measured_steps({row, other}, {}, ""),
                      ContainsSubstring("several kinds of device were timed (figures are there of "
                                        "'H200', 'V100')"));
    CHECK_THROWS_WITH(measured_steps({row}, {}, "A100"),
                      ContainsSubstring("nothing is known of device 'A100'"));
    CHECK_THROWS_WITH(
        lower_bound({planned("small_cnn")}, measured_steps({row}, {}, ""), 1, Sharing::none),
        ContainsSubstring("network 'small_cnn' was not timed on 'H200'"));
}

TEST_CASE("finished trials are believed before timed steps in a simulation") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    builder.finish(id, 0.9, 0.9);
    const auto& done = *builder.record().find(id);
    const auto steps = measured_steps({}, builder.record(), "");
    CHECK(steps.device == done.attempts.back().device);
    const double rate = done.seconds / sweep::total_multiply_adds(done.work);
    CHECK(steps.of(done.spec, done.work)->head ==
          Approx(rate * done.work.multiply_adds * done.spec->training.batch_size));
}

}  // namespace graft::commands
