// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_seeds.hpp"

#include "data/folds.hpp"

#include "results/statistics/interval.hpp"
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
    const auto text = folds_text(2, 5, 5);
    CHECK_THAT(text, StartsWith("Seeds: 2 per point, each on 5 folds. "));
    // sqrt((1/10 + 9/32) / (1/10)) = 1.95 times the 1.0 of ten seeds.
    CHECK_THAT(text,
               ContainsSubstring(": 1.9 standard deviations of their differences by seed and"));
    CHECK_THAT(text, ContainsSubstring("No number of seeds finds less than 1.5."));
}

TEST_CASE("one fold of several is no more than its seeds") {
    CHECK(folds_text(3, 1, 5) == seeds_text(3, 3));
}

TEST_CASE("points on folds and points without are told apart") {
    CHECK(repeats_text({}).empty());
    CHECK(repeats_text({{5, 0, 0}, {3, 0, 0}}) == seeds_text(3, 5));
    CHECK(repeats_text({{2, 5, 5}, {1, 5, 5}, {3, 2, 5}}) == folds_text(1, 5, 5));
    CHECK(repeats_text({{3, 0, 0}, {1, 5, 5}}) == "Datasets without folds. " + seeds_text(3, 3) +
                                                      "Datasets with folds. " +
                                                      folds_text(1, 5, 5));
}

TEST_CASE("results of folds overlap by what the folds have of test and of training images") {
    for (const std::int32_t folds : {2, 3, 5, 10, 100}) {
        const auto parts = data::expected_parts_of_fold(9'000'000, folds);
        CHECK(results::statistics::overlap_of_folds(folds).ratio ==
              Approx(static_cast<double>(parts.test) / static_cast<double>(parts.train))
                  .epsilon(1e-5));
    }
}

}  // namespace graft::commands
