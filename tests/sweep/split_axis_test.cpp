// SPDX-License-Identifier: Apache-2.0
#include "sweep/split_axis.hpp"

#include "sweep/grid.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

SweepFile file_of(const std::string& text) {
    return parse_sweep_file(text, "/s/g.toml", {"path", "images", "split_seed"});
}

const std::string kDatasets =
    "[datasets.a]\npath = \"a\"\nlearning_rate = 1e-5\n"
    "[datasets.b]\npath = \"b\"\nsplit_seed = 7\n";
const std::string kBlock = "[[grid]]\nnetwork = \"small_cnn\"\ninit = \"random\"\n";

std::vector<std::string> datasets_of(const std::string& text) {
    GridContext context;
    context.fingerprint = [](const NamedTable& dataset) { return "print of " + dataset.name; };
    context.networks = {"small_cnn"};
    std::vector<std::string> names;
    for (const auto& trial : expand(file_of(text), context).trials) {
        names.push_back(trial->dataset);
    }
    return names;
}

}  // namespace

TEST_CASE("split_seed in a grid block is an axis over divided datasets") {
    const std::string text = kDatasets + kBlock + "dataset = [\"a\", \"b\"]\nsplit_seed = [1, 2]\n";
    CHECK(datasets_of(text) == std::vector<std::string>{"a@1", "a@2", "b@1", "b@2"});
    const auto file = file_of(text);
    REQUIRE(file.dataset("b@2"));
    CHECK(std::get<std::int64_t>(file.dataset("b@2")->table.find("split_seed")->value.data) == 2);
    CHECK(file.dataset("a@1")->table.find("learning_rate"));
    CHECK(datasets_of(kDatasets + kBlock + "dataset = \"a\"\nsplit_seed = 4\n") ==
          std::vector<std::string>{"a@4"});
}

TEST_CASE("blocks may divide a dataset differently, and not at all") {
    CHECK(datasets_of(kDatasets + kBlock + "dataset = \"a\"\nsplit_seed = [1, 2]\n" + kBlock +
                      "dataset = \"a\"\nsplit_seed = 2\nseed = 9\n" + kBlock +
                      "dataset = \"a\"\n") == std::vector<std::string>{"a@1", "a@2", "a@2", "a"});
}

TEST_CASE("a resolved file with split seeds reads back as the same") {
    const auto file = file_of(kDatasets + kBlock + "dataset = \"a\"\nsplit_seed = [1, 2]\n");
    const std::string resolved = resolved_text(file);
    CHECK(resolved_text(file_of(resolved)) == resolved);
    CHECK(split_seeds(resolved) ==
          std::map<std::string, std::int64_t>{{"a", 0}, {"b", 7}, {"a@1", 1}, {"a@2", 2}});
    CHECK(split_seeds("").empty());
    CHECK(split_seed_of("b", split_seeds(resolved)) == 7);
    CHECK(split_seed_of("a@2", {}) == 2);
    CHECK(split_seed_of("a", {}) == 0);
}

TEST_CASE("a name with @ and a number is that dataset divided by that seed") {
    CHECK(split_name("retina@3").dataset == "retina");
    CHECK(split_name("retina@3").split_seed == 3);
    CHECK(split_name("a@b").dataset == "a@b");
    CHECK_FALSE(split_name("a@b").split_seed);
    CHECK_FALSE(split_name("@3").split_seed);
}

TEST_CASE("a split_seed that cannot be meant is an error") {
    using Catch::Matchers::Contains;
    CHECK_THROWS_WITH(file_of(kDatasets + kBlock + "dataset = \"a\"\nsplit_seed = -1\n"),
                      Contains("/s/g.toml:11: 'split_seed'"));
    CHECK_THROWS_WITH(
        file_of("[datasets.a]\npath = \"a\"\nimages = \"{split}/{class}/{id}.png\"\n" + kBlock +
                "dataset = \"a\"\nsplit_seed = 1\n"),
        Contains("divided already"));
    CHECK_THROWS_WITH(
        file_of("[datasets.\"a@3\"]\npath = \"a\"\n" + kBlock + "dataset = \"a@3\"\n"),
        Contains("Give it another name"));
    CHECK_THROWS_WITH(datasets_of(kDatasets + kBlock + "dataset = \"c\"\nsplit_seed = 1\n"),
                      Contains("'c'"));
}
