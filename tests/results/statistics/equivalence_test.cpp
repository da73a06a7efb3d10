// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/equivalence.hpp"

#include <vector>

#include "support/catch.hpp"

namespace graft::results::statistics {

using Values = std::vector<double>;

namespace {

const Values kSmall{0.842, 0.851, 0.848, 0.839, 0.850};
const Values kLarge{0.844, 0.849, 0.850, 0.841, 0.847};

}  // namespace

TEST_CASE("equivalent is what has its 90 % interval within the margin") {
    const auto wide = equivalent_paired(kSmall, kLarge, 0.01);
    CHECK(wide.equivalent);
    CHECK(wide.p <= 0.05);
    CHECK(wide.difference.low > -0.01);
    CHECK(wide.difference.high < 0.01);
    CHECK(wide.margin == 0.01);
    const auto narrow = equivalent_paired(kSmall, kLarge, 0.001);
    CHECK_FALSE(narrow.equivalent);
    CHECK(narrow.difference.low == wide.difference.low);
    CHECK(equivalent(kSmall, kLarge, 0.02).equivalent);
    CHECK_FALSE(equivalent(kSmall, kLarge, 0.002).equivalent);
}

TEST_CASE("what lies beyond the margin on one side is not equivalent") {
    const Values better{0.872, 0.881, 0.878, 0.869, 0.881};
    CHECK(equivalent_paired(better, kSmall, 0.01).p > 0.95);
    CHECK_FALSE(equivalent_paired(kSmall, better, 0.01).equivalent);
    CHECK(equivalent(better, kSmall, 0.01).p > 0.95);
}

TEST_CASE("the two sides may be exchanged") {
    CHECK(equivalent_paired(kSmall, kLarge, 0.004).p ==
          Approx(equivalent_paired(kLarge, kSmall, 0.004).p));
    CHECK(equivalent(kSmall, kLarge, 0.004).p == Approx(equivalent(kLarge, kSmall, 0.004).p));
}

TEST_CASE("one pair, or one value on a side, is never equivalent") {
    const auto one = equivalent_paired(Values{0.5}, Values{0.5}, 0.1);
    CHECK_FALSE(one.equivalent);
    CHECK(std::isnan(one.p));
    CHECK_FALSE(equivalent(Values{0.5, 0.5, 0.51}, Values{0.5}, 0.1).equivalent);
    CHECK_FALSE(equivalent(Values{}, Values{}, 0.1).equivalent);
}

TEST_CASE("equal differences are tested by their signs") {
    const Values a{0.5, 0.6, 0.7, 0.8};
    const Values b{0.51, 0.61, 0.71, 0.81};
    const auto four = equivalent_paired(a, b, 0.02);
    CHECK(four.p == 1.0 / 16);
    CHECK_FALSE(four.equivalent);
    CHECK_FALSE(four.difference.known());
    CHECK(equivalent_paired(Values(5, 0.5), Values(5, 0.51), 0.02).equivalent);
    CHECK(equivalent_paired(Values(5, 0.5), Values(5, 0.53), 0.02).p == 1);
    // Without pairs there are no signs.
    CHECK(std::isnan(equivalent(Values(5, 0.5), Values(5, 0.51), 0.02).p));
}

TEST_CASE("pairs that overlap are equivalent within a wider interval only") {
    const auto own = equivalent_paired(kSmall, kLarge, 0.01);
    const auto folds = equivalent_paired(kSmall, kLarge, 0.01, {0.25});
    CHECK(folds.difference.high > own.difference.high);
    CHECK(folds.p > own.p);
    CHECK(std::isnan(equivalent_paired(Values(5, 0.5), Values(5, 0.51), 0.02, {0.25}).p));
}

}  // namespace graft::results::statistics
