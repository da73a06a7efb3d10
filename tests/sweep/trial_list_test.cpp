// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_list.hpp"

#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

std::vector<TrialSpec> grid_of(int seeds) {
    std::vector<TrialSpec> grid;
    for (int seed = 1; seed <= seeds; ++seed) {
        grid.push_back(tests::planned_trial(seed).spec);
    }
    return grid;
}

std::vector<ListedTrial> read(const std::string& text) {
    const tests::TemporaryDirectory directory;
    core::write_file(directory / "list.txt", text);
    return read_trial_list(directory / "list.txt");
}

}  // namespace

TEST_CASE("a list has an id per line, with comments and whatever follows an id") {
    const auto listed =
        read("# mine\n\nabc\n  def mobilenet retina\r\n\tghi# note\n   # nothing\n");
    REQUIRE(listed.size() == 3);
    CHECK(listed[0].name == "abc");
    CHECK(listed[1].name == "def");
    CHECK(listed[2].name == "ghi");
    CHECK(listed[2].place.line == 5);
}

TEST_CASE("a written list reads back") {
    const std::vector<TrialId> ids{TrialId("0123456789abcdef"), TrialId("fedcba9876543210")};
    const auto listed = read(trial_list_text(ids));
    REQUIRE(listed.size() == 2);
    CHECK(listed[0].name == ids[0].text());
    CHECK(listed[1].name == ids[1].text());
}

TEST_CASE("listed trials come in the order of the grid, each once") {
    const auto grid = grid_of(4);
    const auto id = [&](std::size_t i) { return trial_id(grid[i]).text(); };
    const auto chosen =
        select_trials(grid, read(id(2) + "\n" + id(0) + "\n" + id(2) + "\n"), "list.txt", "s.toml");
    REQUIRE(chosen.size() == 2);
    CHECK(chosen[0].seed == 1);
    CHECK(chosen[1].seed == 3);
}

TEST_CASE("an id that the grid does not have is named with its line, and an empty list refused") {
    const auto grid = grid_of(2);
    const auto list = read(trial_id(grid[0]).text() + "\n\x1b[31mdead\n");
    CHECK_THROWS_WITH(select_trials(grid, list, "list.txt", "s.toml"),
                      ContainsSubstring("list.txt:2: the grid has no trial '\\x1b[31mdead'") &&
                          ContainsSubstring("graft plan s.toml --trials"));
    CHECK_THROWS_WITH(select_trials(grid, {}, "list.txt", "s.toml"),
                      ContainsSubstring("'list.txt' lists no trial"));
}
