// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_stopping.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

// Trials of learning rates 1, 2, ... in every init, of 27 epochs after one of warm-up.
commands::Study study_of(int rates, const std::vector<sweep::Init>& inits) {
    commands::Study study;
    for (int rate = 1; rate <= rates; ++rate) {
        for (const auto init : inits) {
            sweep::PlannedTrial trial;
            auto& settings = trial.spec.edit();
            settings.dataset = "drawn";
            settings.init = init;
            settings.init_text = init == sweep::Init::random ? "random" : "imagenet";
            settings.training.learning_rate = rate;
            settings.training.warmup_epochs = 1;
            settings.training.epochs = 27;
            study.trials.push_back(trial);
        }
    }
    auto& stopping = study.file.stopping;
    stopping.stop = sweep::StopRule::asha;
    stopping.over = {"learning_rate"};
    return study;
}

}  // namespace

TEST_CASE("nothing is said where nothing is stopped") {
    auto study = study_of(3, {sweep::Init::random});
    study.file.stopping = {};
    CHECK(commands::stopping_text(study).empty());
    CHECK(commands::stopping_assumption(study.file.stopping).empty());
}

TEST_CASE(
    "a search says who competes, where, and what its rungs save when each lets its share on") {
    const auto text = commands::stopping_text(study_of(27, {sweep::Init::random}));
    CHECK_THAT(text, ContainsSubstring("differ in learning_rate alone compete, 1 group of 27."));
    CHECK_THAT(text, ContainsSubstring("After 1, 3, 9 epochs"));
    // 27 x (1 + 1) + 9 x 2 + 3 x 6 + 1 x 18 of 27 x 28.
    CHECK_THAT(text, ContainsSubstring("14 % of their epochs are trained"));
    CHECK_THAT(text, !ContainsSubstring("family"));
}

TEST_CASE("a group counts that has some of the family, which are spared, and others") {
    auto study = study_of(1, {sweep::Init::pretrained, sweep::Init::random});
    study.file.stopping.over = {"freeze"};
    for (std::size_t i = 0; i < 2; ++i) {
        study.trials.push_back(study.trials[i]);
        study.trials.back().spec.freeze = 50;
    }
    const auto text = commands::stopping_text(study);
    CHECK_THAT(text, ContainsSubstring("2 groups of 2."));
    CHECK_THAT(text, ContainsSubstring("2 of 4 trials belong to the confirmatory family"));
    study.file.stopping.family = true;
    CHECK_THAT(commands::stopping_text(study), !ContainsSubstring("confirmatory"));
}

TEST_CASE("a search that can stop nobody says why") {
    auto study = study_of(3, {sweep::Init::random});
    study.file.stopping.first_rung = 27;
    CHECK_THAT(commands::stopping_text(study),
               ContainsSubstring("first_rung = 27 is no earlier than the last epoch (27)"));
    study.file.stopping.first_rung = 1;
    study.file.stopping.over = {"dropout"};
    CHECK_THAT(commands::stopping_text(study), ContainsSubstring("Nobody has a rival"));
    study = study_of(3, {sweep::Init::pretrained, sweep::Init::random});
    CHECK_THAT(commands::stopping_text(study),
               StartsWith("\n6 of 6 trials belong to the confirmatory family"));
}

TEST_CASE("patience says when a trial ends, and that what it saves is not known") {
    auto study = study_of(3, {sweep::Init::random});
    study.file.stopping.stop = sweep::StopRule::patience;
    study.file.stopping.patience = 4;
    CHECK_THAT(commands::stopping_text(study),
               ContainsSubstring("ends 4 epochs after its best one. How many"));
    study.file.stopping.min_epochs = 6;
    CHECK_THAT(commands::stopping_text(study), ContainsSubstring("but not before epoch 6"));
}
