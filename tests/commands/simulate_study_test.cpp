// SPDX-License-Identifier: Apache-2.0
#include "commands/simulate_study.hpp"

#include "commands/away_sweep.hpp"
#include "support/catch.hpp"

namespace graft::commands {

TEST_CASE("a dataset that is not here is known by its number of images") {
    const tests::AwaySweep sweep;
    const auto study = study_to_simulate(sweep.path, {{"far=1000"}, std::nullopt, std::nullopt});
    REQUIRE(study.trials.size() == 3);
    CHECK(study.trials[0].work.train_images == 800);
    CHECK(study.trials[0].work.evaluated_images == 100);
}

TEST_CASE("a dataset that nobody counted is named with what to type") {
    const tests::AwaySweep sweep;
    CHECK_THROWS_WITH(
        study_to_simulate(sweep.path, {}),
        ContainsSubstring("dataset 'far' is not here") && ContainsSubstring("--images far=COUNT"));
}

TEST_CASE("words that do not fit are named") {
    const tests::AwaySweep sweep;
    const auto study = [&](const std::string& images) {
        return study_to_simulate(sweep.path, {{images}, std::nullopt, std::nullopt});
    };
    CHECK_THROWS_WITH(study("far"), ContainsSubstring("--images 'far' is no DATASET=COUNT"));
    CHECK_THROWS_WITH(study("far=many"), ContainsSubstring("--images 'far=many'"));
    CHECK_THROWS_WITH(study("far=0"), ContainsSubstring("--images 'far=0'"));
    CHECK_THROWS_WITH(study("near=5"), ContainsSubstring("--images names dataset 'near'") &&
                                           ContainsSubstring("It has: far, unused."));
    CHECK_THROWS_WITH(study_to_simulate(sweep.path, {{"far=9"}, "one", std::nullopt}),
                      ContainsSubstring("--seeds 'one' is no list of seeds"));
    CHECK_THROWS_WITH(study_to_simulate(sweep.path, {{"far=9"}, "7", std::nullopt}),
                      ContainsSubstring("no trial has one of the seeds '7'"));
    CHECK_THROWS_WITH(study_to_simulate(sweep.path, {{"far=9"}, std::nullopt, "half"}),
                      ContainsSubstring("--precision 'half' is none (allowed: float32, tf32"));
}

TEST_CASE("seeds and precision choose what is simulated") {
    const tests::AwaySweep sweep;
    const auto study = study_to_simulate(sweep.path, {{"far=1000"}, "1,3", "float16"});
    REQUIRE(study.trials.size() == 2);
    CHECK(study.trials[1].spec.seed == 3);
    CHECK(study.trials[1].spec->training.precision == sweep::Precision::float16);
}

}  // namespace graft::commands
