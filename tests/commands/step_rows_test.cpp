// SPDX-License-Identifier: Apache-2.0
#include "commands/step_rows.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

using tests::planned;

namespace {

StepRow row(const std::string& device, const std::string& network, double all = 1) {
    return {device, network, 224, 32, "float32", {all, 0.25, 0.125, ""}, 4, "today by check"};
}

// 10 training batches and 2.5 of validation per epoch, 4 epochs without a warm-up.
sweep::PlannedTrial trial_of(double freeze_share) {
    auto trial = planned();
    trial.spec.edit().training.warmup_epochs = 0;
    trial.spec.edit().training.epochs = 4;
    trial.work.train_images = 320;
    trial.work.evaluated_images = 80;
    trial.work.multiply_adds = 100;
    trial.work.frozen_multiply_adds = 100 * freeze_share;
    return trial;
}

}  // namespace

TEST_CASE("a trial takes its steps, its validations and its last scoring") {
    const sweep::StepTimes times{1, 0.25, 0.125, ""};
    const double scoring = 5 * 2.5 * 0.125;
    CHECK(trial_seconds(times, trial_of(0)) == Approx(4 * 10 * 1 + scoring));
    CHECK(trial_seconds(times, trial_of(1)) == Approx(4 * 10 * 0.25 + scoring));
    // Half of the multiply-adds frozen: half of what the backward pass costs.
    CHECK(trial_seconds(times, trial_of(0.5)) == Approx(4 * 10 * 0.625 + scoring));
}

TEST_CASE("a warm-up trains the head alone, and other ways to validate take their batches") {
    const sweep::StepTimes times{1, 0.25, 0.125, ""};
    auto trial = trial_of(0);
    trial.spec.edit().init = sweep::Init::pretrained;
    trial.spec.edit().init_text = "imagenet";
    trial.spec.edit().training.warmup_epochs = 2;
    CHECK(trial_seconds(times, trial) == Approx(2 * 10 * 0.25 + 4 * 10 + 7 * 2.5 * 0.125));
    trial = trial_of(0);
    trial.spec.edit().training.evaluate_bn = sweep::EvaluateBn::both;
    CHECK(trial_seconds(times, trial) == Approx(40 + 5 * (2 * 2.5 + 50) * 0.125));
}

TEST_CASE("trials are dealt longest first") {
    CHECK(makespan({1, 2, 3, 4}, 1) == 10);
    CHECK(makespan({1, 2, 3, 4}, 2) == 5);
    CHECK(makespan({1, 2, 3, 4}, 9) == 4);
    CHECK(makespan({}, 2) == 0);
}

TEST_CASE("every step is timed once") {
    auto other = planned("mobilenet", "retina", "random", 2);
    auto small = planned("small_cnn");
    auto bf16 = planned();
    bf16.spec.edit().training.precision = sweep::Precision::bfloat16;
    const auto steps = step_requests({planned(), other, small, bf16, planned()});
    REQUIRE(steps.size() == 3);
    CHECK(steps[1].network == "small_cnn");
    CHECK(steps[0].image_size == 224);
}

TEST_CASE("the file of times reads back, and new times replace old ones of the same step") {
    const tests::TemporaryDirectory sweep;
    CHECK(read_steps(sweep.path()).empty());
    const auto before = std::vector{row("NVIDIA \"V100\", 32 GB", "mobilenet"), row("CPU", "x")};
    core::create_directories(sweep / "check");
    core::write_file(steps_path(sweep.path()), steps_csv(before));
    const auto read = read_steps(sweep.path());
    REQUIRE(read.size() == 2);
    CHECK(read[0].device == before[0].device);
    CHECK(read[0].times.head == 0.25);
    CHECK(read[0].devices == 4);
    CHECK(read[0].measured == "today by check");
    const auto merged = merged_steps(read, {row("CPU", "x", 3), row("CPU", "y")});
    REQUIRE(merged.size() == 3);
    CHECK(merged[1].times.all == 3);
}

TEST_CASE("a damaged file of times is named") {
    auto text = steps_csv({row("CPU", "x")});
    text.replace(text.find("0.25"), 4, "many");
    CHECK_THROWS_WITH(parse_steps(text, "check/steps.csv"),
                      ContainsSubstring("check/steps.csv") && ContainsSubstring("many"));
    CHECK_THROWS_AS(parse_steps("a,b\n1,2\n", "f"), core::InputError);
}

TEST_CASE("a trial's row is that of its network, sizes and precision on the device") {
    const auto rows = std::vector{row("A", "mobilenet", 1), row("B", "mobilenet", 2)};
    CHECK(row_of(rows, "B", planned())->times.all == 2);
    CHECK(row_of(rows, "C", planned()) == nullptr);
    auto other = planned();
    other.spec.edit().training.batch_size = 64;
    CHECK(row_of(rows, "A", other) == nullptr);
}

}  // namespace graft::commands
