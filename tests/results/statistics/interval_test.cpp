// SPDX-License-Identifier: Apache-2.0
// Numbers are compared with SciPy in tests/oracle/test_statistics.py; here is what has no number.
#include "results/statistics/interval.hpp"

#include <vector>

#include "support/catch.hpp"

namespace graft::results::statistics {

using Values = std::vector<double>;

TEST_CASE("an interval of the mean, by the t of a printed table") {
    // Mean 2, sd 1, n 3: t(0.975, 2) = 4.30265.
    const auto interval = mean_interval(Values{1, NAN, 2, 3});
    CHECK(interval.n == 3);
    CHECK(interval.estimate == 2);
    CHECK(interval.high - 2 == Approx(4.30265 / std::sqrt(3.0)).epsilon(1e-5));
    CHECK(2 - interval.low == Approx(interval.high - 2));
    CHECK(interval.known());
}

TEST_CASE("one value, or equal ones, have no interval") {
    const auto one = mean_interval(Values{0.5, NAN});
    CHECK(one.estimate == 0.5);
    CHECK(one.n == 1);
    CHECK_FALSE(one.known());
    CHECK(std::isnan(one.high));
    // Their mean is not quite 0.1, and their deviation not quite 0.
    CHECK_FALSE(mean_interval(Values{0.1, 0.1, 0.1}).known());
    CHECK_FALSE(mean_interval(Values{1, 1, 1}).known());
    const auto none = mean_interval(Values{});
    CHECK(none.n == 0);
    CHECK(std::isnan(none.estimate));
}

TEST_CASE("nearly equal values are not taken for equal ones") {
    CHECK(mean_interval(Values{0.9, 0.9 + 1e-12, 0.9}).known());
}

TEST_CASE("a wider interval is more confident") {
    const Values values{0.81, 0.84, 0.80, 0.86};
    CHECK(mean_interval(values, {}, 0.99).high > mean_interval(values).high);
}

TEST_CASE("the geometric mean of ratios and their inverses is 1") {
    const auto mean = geometric_mean(Values{0.25, 4, 2, 0.5});
    CHECK(mean.estimate == Approx(1));
    CHECK(mean.low == Approx(1 / mean.high));
    CHECK(mean.n == 4);
}

TEST_CASE("what is no ratio is a bug of the caller") {
    CHECK_THROWS_AS(geometric_mean(Values{1, 0}), std::logic_error);
    CHECK_THROWS_AS(geometric_mean(Values{1, -2}), std::logic_error);
    CHECK_THROWS_AS(geometric_mean(Values{1, INFINITY}), std::logic_error);
    CHECK(geometric_mean(Values{NAN, 2}).n == 1);
}

TEST_CASE("results of folds overlap as their images are divided, and none without folds") {
    // Of five folds one is tested, 4/5 x 8/9 are trained on.
    CHECK(overlap_of_folds(5).ratio == 9.0 / 32);
    CHECK(overlap_of_folds(10).ratio == 0.125);
    CHECK(overlap_of_folds(2).ratio == 1.125);
    CHECK(overlap_of_folds(0).ratio == 0);
}

TEST_CASE("values that overlap have a wider interval, which no number of them makes narrow") {
    const Values values{0.81, 0.84, 0.80, 0.86, 0.83};
    const auto own = mean_interval(values), folds = mean_interval(values, {0.25});
    CHECK(folds.estimate == own.estimate);
    // sqrt((1/5 + 1/4) / (1/5)) = 1.5
    CHECK(folds.high - folds.estimate == Approx(1.5 * (own.high - own.estimate)));
    CHECK(folds.estimate - folds.low == Approx(folds.high - folds.estimate));
    CHECK(error_of_mean(1'000'000, {0.25}) == Approx(0.5).epsilon(1e-5));
    CHECK(error_of_mean(4, {}) == 0.5);
    CHECK_FALSE(mean_interval(Values{1, 1, 1}, {0.25}).known());
}

}  // namespace graft::results::statistics
