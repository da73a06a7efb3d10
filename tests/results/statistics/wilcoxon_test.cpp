// SPDX-License-Identifier: Apache-2.0
// Compared with SciPy in tests/oracle/test_statistics.py; here by hand.
#include <vector>

#include "results/statistics/paired.hpp"
#include "support/catch.hpp"

namespace graft::results::statistics {

using Values = std::vector<double>;

TEST_CASE("signed ranks, counted by hand") {
    // Of eight patterns of three ranks, two have a sum of positive ranks up to 1 (none, {1}).
    CHECK(wilcoxon_signed_rank(Values{1, -2, -3}) == 0.5);
    CHECK(wilcoxon_signed_rank(Values{-1, 2, 3}) == 0.5);
    // Zeros are left out.
    CHECK(wilcoxon_signed_rank(Values{0, 1, -2, 0, -3, NAN}) == 0.5);
    // Mid-ranks 1.5, 1.5, 3: {}, or one of the first two, up to 1.5: 3 of 8 patterns.
    CHECK(wilcoxon_signed_rank(Values{1, -1, -2}) == 0.75);
    CHECK(wilcoxon_signed_rank(Values{0, 0}) == 1);
    CHECK(std::isnan(wilcoxon_signed_rank(Values{NAN})));
}

TEST_CASE("exact and approximate signed ranks meet where one gives way to the other") {
    Values differences;
    for (int i = 1; i <= 50; ++i) {
        differences.push_back(i % 3 == 0 ? -i : i);
    }
    const double exact = wilcoxon_signed_rank(differences);
    differences.push_back(-0.5);
    CHECK(wilcoxon_signed_rank(differences) == Approx(exact).epsilon(0.05));
}

}  // namespace graft::results::statistics
