// SPDX-License-Identifier: Apache-2.0
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
    context.networks = {"small_cnn", "mobilenet"};
    return context;
}

Grid grid_of(const std::string& text) {
    return expand(parse_sweep_file("[datasets.a]\npath = \"a\"\nlearning_rate = 1e-5\n"
                                   "[datasets.b]\npath = \"b\"\n" +
                                       text,
                                   "/s/g.toml", {"path", "folds", "split_seed"}),
                  context());
}

}  // namespace

TEST_CASE("a block is the product of its axes, in the order of the file") {
    const auto grid = grid_of(
        "[[grid]]\nnetwork = [\"small_cnn\", \"mobilenet\"]\ndataset = \"a\"\n"
        "init = [\"random\", \"imagenet\"]\nfreeze = [0, 50]\nseed = [1, 2, 3]\n");
    REQUIRE(grid.trials.size() == 24);
    CHECK(grid.trials[0]->network == "small_cnn");
    CHECK(grid.trials[1].seed == 2);
    CHECK(grid.trials[23]->network == "mobilenet");
    CHECK(grid.trials[23]->init == Init::pretrained);
    CHECK(grid.trials[23]->weights_hash == "mobilenetimagenet");
    CHECK(grid.trials[0]->weights_hash.empty());
}

TEST_CASE("several blocks are a union, and what stands twice is trained once") {
    const std::string block =
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\ninit = \"random\"\nseed = [1, 2]\n";
    const auto grid = grid_of(block + block +
                              "[[grid]]\nnetwork = \"small_cnn\"\n"
                              "dataset = \"b\"\ninit = \"random\"\nseed = 1\n");
    CHECK(grid.trials.size() == 3);
    CHECK(grid.duplicates == 2);
}

TEST_CASE("a value comes from the block, then the dataset, then the training table") {
    const std::string block =
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = [\"a\", \"b\"]\ninit = \"random\"\n";
    auto grid = grid_of("[training]\nlearning_rate = 0.5\n" + block);
    CHECK(grid.trials[0]->training.learning_rate == 1e-5);
    CHECK(grid.trials[1]->training.learning_rate == 0.5);
    grid = grid_of("[training]\nlearning_rate = 0.5\n" + block + "learning_rate = [0.25, 0.125]\n");
    REQUIRE(grid.trials.size() == 4);
    CHECK(grid.trials[1]->training.learning_rate == 0.125);
}

TEST_CASE("augment is one list, or an axis of lists") {
    const std::string block =
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"b\"\ninit = \"random\"\naugment = ";
    CHECK(grid_of(block + "[\"noise\", \"hue\"]\n").trials.size() == 1);
    CHECK(grid_of(block + "[]\n").trials[0]->training.augment.empty());
    CHECK(grid_of(block + "[[\"noise\"], []]\n").trials.size() == 2);
}

TEST_CASE("wrong names in a block are named with the nearest") {
    CHECK_THROWS_WITH(
        grid_of("[[grid]]\nnetwork = \"smallcnn\"\ndataset = \"a\"\ninit = \"random\"\n"),
        ContainsSubstring("g.toml:7: 'network' is 'smallcnn'") &&
            ContainsSubstring("Did you mean 'small_cnn'?"));
    CHECK_THROWS_WITH(grid_of("[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\n"),
                      ContainsSubstring("no 'init'"));
    CHECK_THROWS_WITH(grid_of("[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\n"
                              "init = \"random\"\nfreeze = 101\n"),
                      ContainsSubstring("'freeze' is 101"));
}

TEST_CASE("a grid that would fill the memory is refused before any of it is made") {
    std::string block = "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\ninit = \"random\"\n";
    for (const std::string key : {"epochs", "batch_size", "warmup_epochs", "seed"}) {
        block += key + " = [1";
        for (int i = 2; i <= 100; ++i) {
            block += ", " + std::to_string(i);
        }
        block += "]\n";
    }
    CHECK_THROWS_WITH(grid_of(block), ContainsSubstring("g.toml:") &&
                                          ContainsSubstring("more than 2000000 points") &&
                                          ContainsSubstring("Shorten the lists"));
}

namespace {

const std::string kOnFolds =
    "[datasets.f]\npath = \"f\"\nfolds = 3\nsplit_seed = 4\n"
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"f\"\ninit = \"random\"\nseed = [1, 2]\n";

}  // namespace

TEST_CASE("a dataset with folds is an axis of them, which fold restricts") {
    const auto all = grid_of(kOnFolds);
    REQUIRE(all.trials.size() == 6);
    CHECK(all.trials[0]->fold == Fold{1, 3, 4});
    CHECK(all.trials[1]->fold.number == 1);
    CHECK(all.trials[1].seed == 2);
    CHECK(all.trials[5]->fold.number == 3);
    const auto some = grid_of(kOnFolds + "fold = [3, 1]\n");
    REQUIRE(some.trials.size() == 4);
    CHECK(some.trials[0]->fold.number == 3);
    CHECK(trial_id(some.trials[0]) == trial_id(all.trials[4]));
    CHECK(grid_of(kOnFolds + "fold = 2\n").trials.size() == 2);
}

TEST_CASE("a fold that the dataset does not have is named") {
    CHECK_THROWS_WITH(grid_of(kOnFolds + "fold = 4\n"), ContainsSubstring("'fold' is 4"));
    CHECK_THROWS_WITH(grid_of(kOnFolds + "fold = 0\n"), ContainsSubstring("'fold' is 0"));
    CHECK_THROWS_WITH(
        grid_of("[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"a\"\ninit = \"random\"\n"
                "fold = 1\n"),
        ContainsSubstring("dataset 'a' has none") &&
            ContainsSubstring("Write folds = 5 in [datasets.a]"));
}

TEST_CASE("the points of folds count towards the most that a grid may have") {
    auto few = context();
    few.most_points = 5;
    const auto file = parse_sweep_file(kOnFolds, "/s/g.toml", {"path", "folds", "split_seed"});
    CHECK_THROWS_WITH(expand(file, few), ContainsSubstring("more than 5 points"));
    few.most_points = 6;
    CHECK(expand(file, few).trials.size() == 6);
}
