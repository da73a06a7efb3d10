// SPDX-License-Identifier: Apache-2.0
#include "sweep/sweep_file.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"

using namespace graft::sweep;

namespace {

const std::vector<std::string> kDatasetKeys{"path", "images", "labels"};
constexpr const char* kEnd =
    "[datasets.pcam]\npath = \"pcam\"\n[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"pcam\"\n"
    "init = [\"random\", \"old/best.h5\"]\n";

SweepFile parse(const std::string& start) {
    return parse_sweep_file(start + kEnd, "/studies/first.toml", kDatasetKeys);
}

}  // namespace

TEST_CASE("name and output default to the file's own name, beside it") {
    const auto file = parse("");
    CHECK(file.name == "first");
    CHECK(file.output == "/studies/first");
    CHECK(file.run.prepared == "/studies/prepared");
    CHECK(file.run.lost_after_seconds == 60);
    CHECK_FALSE(file.run.threads);
}

TEST_CASE("a resolved file reads back as the same file, from anywhere") {
    const auto file = parse(
        "[sweep]\nname = \"a \\\"b\\\"\"\n[training]\nepochs = [1, 2]\naugment = []\n"
        "[run]\nthreads = 2\non_other_hardware = \"wait\"\n"
        "[weights]\n\"mobilenet_0.25\" = \"w.h5\"\n");
    const std::string text = resolved_text(file);
    const auto again = parse_sweep_file(text, "/elsewhere/sweep.toml", kDatasetKeys);
    CHECK(resolved_text(again) == text);
    CHECK(again.output == "/studies/a \"b\"");
    CHECK_THAT(text, ContainsSubstring("/studies/old/best.h5"));
    CHECK_THAT(text, ContainsSubstring("\"mobilenet_0.25\" = \"/studies/w.h5\""));
    CHECK_THAT(text, ContainsSubstring("learning_rate = 0.0001"));
}

TEST_CASE("the default file is a valid one") {
    const auto file = parse_sweep_file(default_text(), "/x/d.toml", kDatasetKeys);
    CHECK(file.training.entries.size() == training_keys().size());
    CHECK(file.grid.size() == 1);
}

TEST_CASE("a wrong key names file, line, the key and the nearest known one") {
    CHECK_THROWS_WITH(parse("[training]\n\neppochs = 3\n"),
                      ContainsSubstring("first.toml:3: unknown key 'eppochs' in [training].") &&
                          ContainsSubstring("Did you mean 'epochs'?"));
    CHECK_THROWS_WITH(parse("[rum]\nslots = 1\n"), ContainsSubstring("Did you mean 'run'?"));
    CHECK_THROWS_WITH(parse("[run]\nslots = 0\n"), ContainsSubstring("first.toml:2: 'slots' is 0"));
    CHECK_THROWS_WITH(parse("[run]\nlost_after = \"soon\"\n"), ContainsSubstring("\"60 s\""));
    CHECK_THROWS_WITH(parse("[datasets.x]\nimagse = \"\"\n"),
                      ContainsSubstring("Did you mean 'images'?"));
    CHECK_THROWS_WITH(parse("[training]\nepochs = 3 3\n"), ContainsSubstring("first.toml:2:12"));
}

TEST_CASE("a file without grid or datasets says what to add") {
    CHECK_THROWS_WITH(parse_sweep_file("[datasets.a]\npath = \"p\"\n", "s.toml", kDatasetKeys),
                      ContainsSubstring("[[grid]]"));
    CHECK_THROWS_WITH(parse_sweep_file("[[grid]]\nseed = 1\n", "s.toml", kDatasetKeys),
                      ContainsSubstring("[datasets.NAME]"));
    CHECK_THROWS_WITH(parse_sweep_file("[grid]\nseed = 1\n", "s.toml", kDatasetKeys),
                      ContainsSubstring("double brackets"));
}
