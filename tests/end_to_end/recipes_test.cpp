// SPDX-License-Identifier: Apache-2.0
// Trials of several recipes in one sweep, by the real programs.
#include <set>

#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::SmallSweep;

namespace {

constexpr const char* kTraining =
    "image_size = 16\nepochs = 2\nwarmup_epochs = 1\nbatch_size = 8\nlearning_rate = 1e-3\n"
    "weight_decay = 0.01\nstep_epochs = 1\nwarmup_for = \"all\"\n";
constexpr const char* kGrid =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\nfreeze = 50\n"
    "optimizer = [\"adam\", \"adamw\", \"sgd\"]\nmomentum = [0, 0.9]\n"
    "schedule = [\"constant\", \"cosine\", \"step\"]\n";

}  // namespace

TEST_CASE("recipes are compared in one sweep, with a column for each key") {
    const SmallSweep small(kGrid, kTraining);
    const auto plan = tests::graft({"plan", small.file()});
    INFO(plan.output);
    // Momentum counts with sgd alone.
    CHECK_THAT(plan.output, ContainsSubstring("12 trials in 1 cohort"));
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    const auto record = tests::record_of(small);
    REQUIRE(record.trials().size() == 12);
    std::set<double> losses;
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        losses.insert(trial.rows.back().train_loss);
    }
    CHECK(losses.size() == 12);
    const auto answer = tests::graft(
        {"query", small.sweep(), "--group-by", "optimizer,momentum,schedule", "--format", "csv"});
    CHECK(answer.code == 0);
    CHECK_THAT(answer.output,
               ContainsSubstring("sgd,0,cosine") && ContainsSubstring("adamw,0.9,step"));
}

TEST_CASE("a key without effect is named with its line by every command that reads the file") {
    const SmallSweep small(
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n",
        "nesterov = true\n");
    for (const char* command : {"check", "plan", "run"}) {
        const auto answer = tests::graft({command, small.file()});
        INFO(answer.output);
        CHECK(answer.code == 2);
        CHECK_THAT(answer.output, ContainsSubstring("'nesterov' is true (that has no effect") &&
                                      ContainsSubstring("momentum above 0"));
    }
}
