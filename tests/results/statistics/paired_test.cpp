// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/paired.hpp"

#include <vector>

#include "support/catch.hpp"

namespace graft::results::statistics {

using Values = std::vector<double>;

TEST_CASE("pairs with a missing side are left out") {
    const auto result = paired(Values{1, NAN, 3, 5}, Values{0, 7, NAN, 2});
    CHECK(result.difference.n == 2);
    CHECK(result.difference.estimate == 2);
    CHECK(result.sd == Approx(std::sqrt(2.0)));
    CHECK_FALSE(result.wilcoxon_p);
}

TEST_CASE("a published paired t test") {
    // Student's own data (1908): hours of sleep gained by ten patients with two drugs. Mean
    // difference -1.58, t = -4.0621, p = 0.002833, 95 %: -2.4599 to -0.7001.
    const auto result = paired(Values{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0},
                               Values{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4});
    CHECK(result.difference.estimate == Approx(-1.58));
    CHECK(result.p == Approx(0.002833).epsilon(1e-3));
    CHECK(result.difference.low == Approx(-2.4598858).epsilon(1e-6));
    CHECK(result.difference.high == Approx(-0.7001142).epsilon(1e-6));
}

TEST_CASE("one pair has a difference and nothing else") {
    const auto result = paired(Values{0.9}, Values{0.8});
    CHECK(result.difference.estimate == Approx(0.1));
    CHECK_FALSE(result.difference.known());
    CHECK(std::isnan(result.sd));
    CHECK(std::isnan(result.p));
}

TEST_CASE("equal differences are tested by their signs, and have no interval") {
    // 0.9 - 0.8 and 0.8 - 0.7 differ in their last digit.
    const auto result = paired(Values{0.9, 0.8, 0.7, 0.6}, Values{0.8, 0.7, 0.6, 0.5});
    CHECK(result.sd == 0);
    CHECK_FALSE(result.difference.known());
    CHECK(result.p == 0.125);
    const auto same = paired(Values{0.9, 0.8, 0.7}, Values{0.9, 0.8, 0.7});
    CHECK(same.p == 1);
    CHECK(same.difference.estimate == 0);
}

TEST_CASE("sides of different length are a bug of the caller") {
    CHECK_THROWS_AS(paired(Values{1}, Values{1, 2}), std::logic_error);
}

TEST_CASE("the signed-rank test is given from six pairs on") {
    const Values zeros(6, 0);
    const Values differences{1, 2, 3, 4, 5, 6};
    CHECK(paired(differences, zeros).wilcoxon_p == 2.0 / 64);
    CHECK_FALSE(paired(std::span(differences).first(5), std::span(zeros).first(5)).wilcoxon_p);
}

TEST_CASE("Holm's adjustment keeps order, places, and what is missing") {
    CHECK(holm(Values{0.01}) == Values{0.01});
    CHECK(holm(Values{}).empty());
    const auto adjusted = holm(Values{0.3, NAN, 0.02, 0.9, 0.31});
    CHECK(adjusted[0] == Approx(0.9));
    CHECK(std::isnan(adjusted[1]));
    CHECK(adjusted[2] == Approx(0.08));
    CHECK(adjusted[3] == Approx(0.9));
    CHECK(adjusted[4] == Approx(0.9));
    CHECK(holm(Values{0.6, 0.7}) == Values{1, 1});
}

TEST_CASE("the corrected resampled t test divides t by the larger deviation of the mean") {
    const Values a{0.9, 0.8, 0.85, 0.7, 0.95, 0.8, 0.75}, b{0.8, 0.75, 0.8, 0.7, 0.8, 0.82, 0.7};
    const auto plain = paired(a, b), corrected = paired(a, b, {0.125});
    // sqrt((1/7 + 1/8) / (1/7)) = sqrt(1.875)
    const double wider = std::sqrt(1.875);
    CHECK(corrected.difference.high - corrected.difference.estimate ==
          Approx(wider * (plain.difference.high - plain.difference.estimate)));
    CHECK(corrected.sd == plain.sd);
    CHECK(corrected.p > plain.p);
    CHECK(plain.wilcoxon_p);
    CHECK_FALSE(corrected.wilcoxon_p);
}

TEST_CASE("equal differences of folds have no p: their signs are not independent") {
    const Values better{0.9, 0.8, 0.7}, worse{0.8, 0.7, 0.6};
    CHECK(paired(better, worse).p == 0.25);
    CHECK(std::isnan(paired(better, worse, {0.25}).p));
    CHECK(paired(better, better, {0.25}).p == 1);
}

}  // namespace graft::results::statistics
