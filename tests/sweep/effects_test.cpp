// SPDX-License-Identifier: Apache-2.0
#include "sweep/effects.hpp"

#include "sweep/grid.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

GridContext context() {
    GridContext context;
    context.fingerprint = [](const NamedTable& dataset) { return "print of " + dataset.name; };
    context.weights_hash = [](const std::string& network, const std::string& init,
                              const core::Place&) { return network + init; };
    context.networks = {"small_cnn"};
    return context;
}

Grid expand(const std::string& text) {
    return sweep::expand(parse_sweep_file(text, "/s/g.toml", {"path"}), context());
}

// One block with these lines, and these of [training].
Grid grid_of(const std::string& block, const std::string& training = "") {
    return expand("[datasets.a]\npath = \"a\"\n[training]\n" + training +
                  "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\ninit = \"random\"\n" +
                  block);
}

}  // namespace

TEST_CASE("keys that do not count beside the others have their default, and one trial is one") {
    const auto grid =
        grid_of("optimizer = [\"adam\", \"sgd\"]\nmomentum = [0, 0.5]\nnesterov = [false, true]\n");
    // adam; sgd without momentum; with it, and with it and Nesterov's.
    REQUIRE(grid.trials.size() == 4);
    CHECK(grid.duplicates == 4);
    const auto& adam = grid.trials[0]->training;
    CHECK(adam == Training{});
    const auto& without = grid.trials[1]->training;
    CHECK(without.optimizer == Optimizer::sgd);
    CHECK(without.update.momentum == 0);
    CHECK_FALSE(without.update.nesterov);
    CHECK_FALSE(grid.trials[2]->training.update.nesterov);
    CHECK(grid.trials[3]->training.update.nesterov);
}

TEST_CASE("a written key that counts nowhere says what it counts with") {
    CHECK_THROWS_WITH(grid_of("momentum = 0.5\n"),
                      ContainsSubstring("g.toml:8: 'momentum' is 0.5 (that has no effect here") &&
                          ContainsSubstring("optimizer = \"sgd\""));
    CHECK_THROWS_WITH(grid_of("optimizer = \"sgd\"\nmomentum = 0\nnesterov = true\n"),
                      ContainsSubstring("'nesterov' is true") &&
                          ContainsSubstring("optimizer = \"sgd\" and momentum above 0"));
    CHECK_THROWS_WITH(
        grid_of("optimizer = [\"adam\", \"adamw\"]\n"),
        ContainsSubstring("'optimizer' is adamw") && ContainsSubstring("weight_decay above 0"));
    CHECK_THROWS_WITH(grid_of("schedule = [\"constant\", \"cosine\"]\nstep_epochs = 5\n"),
                      ContainsSubstring("schedule = \"step\""));
    CHECK_THROWS_WITH(grid_of("schedule = \"step\"\n", "final_rate = 0.5\n"),
                      ContainsSubstring("g.toml:4: 'final_rate'"));
}

TEST_CASE("a key counts when one of the values of another lets it") {
    const auto grid = grid_of(
        "optimizer = [\"adam\", \"adamw\", \"sgd\"]\nweight_decay = 0.01\n"
        "schedule = [\"constant\", \"cosine\", \"step\"]\n",
        "step_epochs = 5\nmomentum = 0.8\n");
    REQUIRE(grid.trials.size() == 9);
    CHECK(grid.trials[0]->training.schedule == Schedule{});
    CHECK(grid.trials[0]->training.update.momentum == 0.9);
    CHECK(grid.trials[8]->training.schedule.step_epochs == 5);
    CHECK(grid.trials[8]->training.update.momentum == 0.8);
    CHECK(grid_of("schedule = [\"step\", \"constant\"]\nstep_epochs = 5\n").trials.size() == 2);
}

TEST_CASE("a file with every default written out is as one without") {
    const auto short_file = grid_of("");
    const auto file = parse_sweep_file(
        "[datasets.a]\npath = \"a\"\n[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\n"
        "init = \"random\"\n",
        "/s/g.toml", {"path"});
    const auto resolved =
        sweep::expand(parse_sweep_file(resolved_text(file), "/s/sweep.toml", {"path"}), context());
    REQUIRE(resolved.trials.size() == 1);
    CHECK(trial_id(resolved.trials[0]) == trial_id(short_file.trials[0]));
}

TEST_CASE("the rate's growth ends within the epochs after the head's warm-up") {
    CHECK(grid_of("epochs = 2\nwarmup_epochs = 3\nrate_warmup_epochs = 5\n").trials.size() == 1);
    CHECK_THROWS_WITH(grid_of("epochs = 2\nwarmup_epochs = 3\nrate_warmup_epochs = 5.5\n"),
                      ContainsSubstring("g.toml:10: 'rate_warmup_epochs' is 5.5") &&
                          ContainsSubstring("the 5 epochs"));
    CHECK_THROWS_WITH(grid_of("epochs = 2\nwarmup_epochs = 3\nrate_warmup_epochs = 2.5\n"
                              "warmup_for = \"all\"\n"),
                      ContainsSubstring("the 2 epochs"));
}

TEST_CASE("keys of other recipes rename no trial while they have their default") {
    TrialSpec spec;
    const std::string usual = canonical_text(spec);
    for (const auto* word : {"momentum", "nesterov", "weight_decay", "bottom_rate", "schedule",
                             "rate", "step", "label", "class"}) {
        CHECK(usual.find(word) == std::string::npos);
    }
    auto& training = spec.edit().training;
    training.update.nesterov = true;
    training.schedule.rate_warmup_epochs = 0.5;
    training.loss.class_weights = ClassWeights::balanced;
    CHECK(canonical_text(spec) ==
          usual + "nesterov true\nrate_warmup_epochs 0.5\nclass_weights balanced\n");
}
