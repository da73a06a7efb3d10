// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_names.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft::sweep;
using graft::tests::planned_trial;

namespace {

PlannedTrial with_rate(double rate, const std::string& dataset = "pcam") {
    PlannedTrial trial = planned_trial();
    trial.spec.edit().dataset = dataset;
    trial.spec.edit().training.learning_rate = rate;
    return trial;
}

}  // namespace

TEST_CASE("a trial's name has the keys in which trials of its arm differ, in the table's order") {
    std::vector<PlannedTrial> trials{with_rate(1e-4), with_rate(1e-3), planned_trial(2)};
    trials[1].spec.edit().training.dropout = 0.2;
    const TrialNames names(trials);
    CHECK(names.of(trials[0].spec) ==
          "small_cnn, pcam, random, freeze 0, learning_rate 0.0001, dropout 0.5, seed 1");
    CHECK(names.of(trials[1].spec) ==
          "small_cnn, pcam, random, freeze 0, learning_rate 0.001, dropout 0.2, seed 1");
    CHECK(names.end_of(trials[2].spec) == "learning_rate 0.0001, dropout 0.5, seed 2");
}

TEST_CASE("a key that differs between arms alone is in no trial's name") {
    const std::vector<PlannedTrial> trials{with_rate(1e-4), with_rate(1e-3, "retina")};
    const TrialNames names(trials);
    CHECK(names.of(trials[1].spec) == "small_cnn, retina, random, freeze 0, seed 1");
}

TEST_CASE("a trial's name ends with its fold") {
    PlannedTrial trial = planned_trial(3);
    trial.spec.edit().fold = {2, 5, 0};
    CHECK(TrialNames().of(trial.spec) == "small_cnn, pcam, random, freeze 0, seed 3, fold 2 of 5");
}
