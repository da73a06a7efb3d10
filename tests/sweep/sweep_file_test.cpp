// SPDX-License-Identifier: Apache-2.0
#include "sweep/sweep_file.hpp"

#include "core/error.hpp"

#include "sweep/dataset_file.hpp"

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
    CHECK(file.run.cohorts);
}

TEST_CASE("cohorts can be turned off, and stay off in the resolved file") {
    const auto file = parse("[run]\ncohorts = false\n");
    CHECK_FALSE(file.run.cohorts);
    CHECK_FALSE(parse_sweep_file(resolved_text(file), "/e/sweep.toml", kDatasetKeys).run.cohorts);
    CHECK_THAT(default_text(), ContainsSubstring("\ncohorts = true\n"));
    CHECK_THROWS_WITH(parse("[run]\ncohorts = 1\n"), ContainsSubstring("'cohorts' is 1"));
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

TEST_CASE("a file is the same however its path is written") {
    const auto file = parse_sweep_file(kEnd, "/studies/./x/../first.toml", kDatasetKeys);
    CHECK(file.output == "/studies/first");
    CHECK(resolved_text(file) == resolved_text(parse("")));
}

TEST_CASE("what jobs ask for goes with the resolved file, and is no part of a trial") {
    const auto file = parse("[slurm]\nmodules = [\"gcc/12\"]\nnodes = 2\n");
    CHECK_THAT(resolved_text(file),
               ContainsSubstring("\n[slurm]\nmodules = [\"gcc/12\"]\nnodes = 2\n"));
    const auto again = parse_sweep_file(resolved_text(file), "/e/sweep.toml", kDatasetKeys);
    CHECK(resolved_text(again) == resolved_text(file));
    CHECK(again.slurm.entries.size() == 2);
    // Sweeps from before there was such a section keep their text.
    CHECK(resolved_text(parse("")).find("[slurm]") == std::string::npos);
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

TEST_CASE("names that become part of a file's name cannot lead elsewhere") {
    for (const std::string name : {"../out", "a/b", "/etc/x", ".hidden", "", "two\\nlines"}) {
        CHECK_THROWS_WITH(parse("[datasets.\"" + name + "\"]\npath = \"p\"\n"),
                          ContainsSubstring("first.toml:1: the dataset's name '") &&
                              ContainsSubstring("cannot be part of a file's name"));
        CHECK_THROWS_WITH(parse("[sweep]\nname = \"" + name + "\"\n"),
                          ContainsSubstring("first.toml:2: the sweep's name '"));
    }
    CHECK_THROWS_WITH(parse("[sweep]\nname = \"" + std::string(101, 'x') + "\"\n"),
                      ContainsSubstring("1 to 100 letters"));
    CHECK_THROWS_WITH(parse_sweep_file(kEnd, "/studies/.toml", kDatasetKeys),
                      ContainsSubstring("/studies/.toml: the sweep's name, without [sweep] name"));
    CHECK(parse("[datasets.\"cats vs. dogs\"]\npath = \"p\"\n").datasets.front().name ==
          "cats vs. dogs");
}

TEST_CASE("a zero byte is refused wherever it stands") {
    CHECK_THROWS_WITH(parse("[run]\nprepared = \"a\\u0000b\"\n"),
                      ContainsSubstring("first.toml:2: 'a\\x00b' has a zero byte"));
    CHECK_THROWS_WITH(parse("[weights]\n\"a\\u0000b\" = \"w.h5\"\n"),
                      ContainsSubstring("has a zero byte"));
}

TEST_CASE("a duration is bounded, however it is written") {
    for (const std::string text : {"inf", "1e300 s", "nan s", "1441 min", "0.01", "-5 s"}) {
        CHECK_THROWS_WITH(parse("[run]\nlost_after = \"" + text + "\"\n"),
                          ContainsSubstring("no duration from 0.1 s to a day"));
    }
    CHECK(parse("[run]\nlost_after = \"1440 min\"\n").run.lost_after_seconds == 86400);
}

TEST_CASE("a resolved file escapes every character that TOML wants escaped") {
    const auto file = parse("[weights]\ndirectory = \"a\\u007Fb\\u001Fc\"\n");
    CHECK(parse_sweep_file(resolved_text(file), "/x/sweep.toml", kDatasetKeys).weights_directory ==
          "/studies/a\x7f"
          "b\x1f"
          "c");
}

TEST_CASE("a text of brackets without end is refused, not followed") {
    CHECK_THROWS_WITH(parse("[run]\nprepared = " + std::string(100000, '[') + "\n"),
                      ContainsSubstring("not valid TOML"));
}

TEST_CASE("a file that describes datasets alone is read where nothing is to be trained") {
    const std::string text = "[datasets.pcam]\npath = \"pcam\"\n";
    const auto file = parse_dataset_file(text, "/s/other.toml", kDatasetKeys);
    CHECK(file.dataset("pcam") != nullptr);
    CHECK_THROWS_WITH(parse_sweep_file(text, "/s/other.toml", kDatasetKeys),
                      ContainsSubstring("there is no [[grid]] block"));
    CHECK_THROWS_WITH(parse_dataset_file("", "/s/other.toml", kDatasetKeys),
                      ContainsSubstring("there is no [datasets.NAME] section"));
}
