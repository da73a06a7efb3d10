// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/power.hpp"

#include "support/catch.hpp"

namespace graft::results::statistics {

TEST_CASE("the smallest detectable difference has the power that was asked for") {
    for (const std::int64_t pairs : {2, 3, 5, 20, 1000}) {
        const double smallest = smallest_detectable(pairs, 1);
        CHECK(power_of_paired_t(pairs, smallest) == Approx(0.8).epsilon(1e-9));
    }
}

TEST_CASE("it shrinks with more pairs and grows with the spread and the power") {
    CHECK(smallest_detectable(6, 1) < smallest_detectable(5, 1));
    CHECK(smallest_detectable(5, 0.02) == Approx(0.02 * smallest_detectable(5, 1)));
    CHECK(smallest_detectable(5, 1, {}, 0.05, 0.9) > smallest_detectable(5, 1));
    CHECK(smallest_detectable(5, 1, {}, 0.01) > smallest_detectable(5, 1));
}

TEST_CASE("of many pairs it is that of the normal distribution") {
    // (1.959964 + 0.841621) / sqrt(n)
    CHECK(smallest_detectable(100'000, 1) == Approx(2.801585 / std::sqrt(1e5)).epsilon(1e-4));
}

TEST_CASE("there is none for one pair or an unknown spread") {
    CHECK(std::isnan(smallest_detectable(1, 1)));
    CHECK(std::isnan(smallest_detectable(0, 1)));
    CHECK(std::isnan(smallest_detectable(5, NAN)));
    CHECK(smallest_detectable(5, 1, {}, 0.05, 0.05) == 0);
}

TEST_CASE("without a difference a test finds one as often as its level says") {
    CHECK(power_of_paired_t(5, 0) == Approx(0.05));
}

TEST_CASE("folds that overlap leave a difference that no number of them finds") {
    CHECK(smallest_detectable(10, 1, {0.25}) > smallest_detectable(10, 1));
    // 1.96 + 0.84 standard errors, where sqrt(1/4) is all that is left of one.
    CHECK(smallest_detectable(100'000, 1, {0.25}) == Approx(0.5 * 2.8016).epsilon(1e-3));
}

}  // namespace graft::results::statistics
