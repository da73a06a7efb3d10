// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial.hpp"

#include "core/bytes.hpp"

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

TEST_CASE("a fold names a trial, and none leaves the name as it was") {
    TrialSpec folded = spec();
    folded.edit().fold = {2, 5, 0};
    CHECK(canonical_text(folded) == canonical_text(spec()) + "fold 2 of 5\n");
    TrialSpec other = folded;
    other.edit().fold.number = 3;
    CHECK(trial_id(other) != trial_id(folded));
    other.edit().fold = {2, 4, 0};
    CHECK(trial_id(other) != trial_id(folded));
    CHECK(replicate_text(folded) == "seed 1, fold 2 of 5");
    CHECK(replicate_text(spec()) == "seed 1");
    const std::vector<TrialSpec> specs{folded, other, spec()};
    const auto bytes = graft::core::encode(specs);
    const auto read = graft::core::decode<std::vector<TrialSpec>>(bytes);
    CHECK(graft::core::encode(read) == bytes);
}

TEST_CASE("copies share their settings until one of them edits its own") {
    const TrialSpec first = spec();
    TrialSpec second = first;
    CHECK(second.shares(first));
    second.seed = 9;
    CHECK(second.shares(first));
    second.edit().network = "another";
    CHECK_FALSE(second.shares(first));
    CHECK(first->network == spec()->network);
    CHECK(second->network == "another");
    TrialSpec third = std::move(second);
    CHECK(second->network == "another");  // NOLINT(bugprone-use-after-move): it says it may
    third.edit().training.epochs = 1;
    CHECK(second->training.epochs == spec()->training.epochs);
    TrialSpec fresh;
    fresh.edit().network = "mine";
    CHECK(TrialSpec()->network.empty());
}

TEST_CASE("a name goes by what the settings are now") {
    TrialSpec changed = spec();
    const auto before = trial_id(changed);
    changed.edit().training.epochs = 7;
    CHECK(trial_id(changed) != before);
    changed.edit().training.epochs = spec()->training.epochs;
    CHECK(trial_id(changed) == before);
}

TEST_CASE("trials that are read share equal settings, and no others") {
    TrialSpec one = spec(), two = spec();
    two.edit().training.epochs = 7;
    std::vector<TrialSpec> specs{one, two, one};
    specs[2].seed = 9;
    const auto read = graft::core::decode<std::vector<TrialSpec>>(graft::core::encode(specs));
    CHECK(read[2].shares(read[0]));
    CHECK_FALSE(read[1].shares(read[0]));
    CHECK(read[1].settings() == two.settings());
    CHECK(read[2].seed == 9);
    CHECK(graft::core::encode(read) == graft::core::encode(specs));
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
