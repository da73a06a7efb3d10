// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft::sweep;

namespace {
TrialSpec spec() {
    return graft::tests::planned_trial().spec;
}
}  // namespace

TEST_CASE("the canonical text leaves out defaults") {
    TrialSpec with = spec();
    with.edit().training.epochs = 7;
    CHECK(canonical_text(spec()).find("epochs") == std::string::npos);
    CHECK(canonical_text(with) == canonical_text(spec()) + "epochs 7\n");
}

TEST_CASE("a trial's name does not change unnoticed") {
    CHECK(trial_id(spec()).text() == "2737d5372b9cf938");
}

TEST_CASE("what is trained names a trial, where its files lie does not") {
    TrialSpec other = spec();
    other.edit().dataset = "renamed";
    other.edit().init_text = "/elsewhere/best.h5";
    CHECK(trial_id(other) == trial_id(spec()));
    other = spec();
    other.edit().dataset_fingerprint = "f";
    CHECK(trial_id(other) != trial_id(spec()));
    other = spec();
    other.edit().training.learning_rate = 2e-4;
    CHECK(trial_id(other) != trial_id(spec()));
}

TEST_CASE("random trials spend the warm-up epochs on fine-tuning") {
    TrialSpec random = spec();
    CHECK_FALSE(has_warmup(random));
    CHECK(fine_tune_epochs(random) == 53);
    random.edit().training.warmup_for = WarmupFor::all;
    CHECK(has_warmup(random));
    CHECK(fine_tune_epochs(random) == 50);
    TrialSpec pretrained = spec();
    pretrained.edit().init = Init::pretrained;
    CHECK(has_warmup(pretrained));
}

TEST_CASE("multiply-adds count the backward pass above the cut twice") {
    Work work;
    work.multiply_adds = 10;
    work.frozen_multiply_adds = 4;
    work.train_images = 100;
    work.evaluated_images = 10;
    work.epochs = 2;
    CHECK(total_multiply_adds(work) == 2 * (100 * (10 + 2 * 6) + 10 * 10));
}
