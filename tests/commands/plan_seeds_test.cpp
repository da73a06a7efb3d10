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

}  // namespace graft::commands
