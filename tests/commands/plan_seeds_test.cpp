// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_seeds.hpp"

#include "support/catch.hpp"

namespace graft::commands {

// The numbers are those of tests/oracle/test_statistics.py.
TEST_CASE("five seeds and more: what they find, without a warning") {
    const auto text = seeds_text(5, 5);
    CHECK_THAT(text, StartsWith("Seeds: 5 per point. "));
    CHECK_THAT(text, ContainsSubstring(": 1.7 standard deviations of their differences by seed ("));
    CHECK_THAT(text, !ContainsSubstring("Warning"));
    CHECK_THAT(seeds_text(10, 10), ContainsSubstring("1.0 standard deviations"));
}

TEST_CASE("fewer than five seeds are warned of, with what five would find") {
    const auto text = seeds_text(3, 3);
    CHECK_THAT(text, ContainsSubstring("3.3 standard deviations"));
    CHECK_THAT(text, ContainsSubstring("Warning: fewer than 5 seeds"));
    CHECK_THAT(text, ContainsSubstring("5 would find 1.7 standard deviations, 10 would find 1.0."));
}

TEST_CASE("one seed has neither interval nor test") {
    CHECK_THAT(seeds_text(1, 1), ContainsSubstring("neither interval nor test"));
    CHECK_THAT(seeds_text(1, 1), ContainsSubstring("Add seeds"));
}

TEST_CASE("points with fewer seeds than others count") {
    const auto text = seeds_text(3, 8);
    CHECK_THAT(text, StartsWith("Seeds: 3 to 8 per point. "));
    CHECK_THAT(text, ContainsSubstring("two arms with 3 seeds: 3.3 standard"));
    CHECK_THAT(text, ContainsSubstring("Warning"));
}

TEST_CASE("folds find less than as many seeds would, and there is a least that more seeds leave") {
    const auto text = folds_text(2, 5, 0.25);
    CHECK_THAT(text, StartsWith("Seeds: 2 per point, each on 5 folds. "));
    // sqrt((1/10 + 1/4) / (1/10)) = 1.87 times the 1.0 of ten seeds.
    CHECK_THAT(text,
               ContainsSubstring(": 1.9 standard deviations of their differences by seed and"));
    CHECK_THAT(text, ContainsSubstring("No number of seeds finds less than 1.4."));
    CHECK_THAT(folds_text(1, 1, 0.25), ContainsSubstring("neither interval nor test"));
}

}  // namespace graft::commands
