// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/summary.hpp"

#include <vector>

#include "support/catch.hpp"

namespace graft::results::statistics {

using Values = std::vector<double>;

TEST_CASE("mean and sample standard deviation, by hand") {
    // Deviations -3, -1, -1, -1, 0, 0, 2, 4 of the mean 5: squares add up to 32, over 8 - 1.
    const Summary summary = summarise(Values{2, 4, 4, 4, 5, 5, 7, 9});
    CHECK(summary.n == 8);
    CHECK(summary.mean == 5);
    CHECK(summary.sd == Approx(std::sqrt(32.0 / 7)));
}

TEST_CASE("missing values are left out, one value has no deviation, none has no mean") {
    const Summary one = summarise(Values{NAN, 0.5, NAN});
    CHECK(one.n == 1);
    CHECK(one.mean == 0.5);
    CHECK(std::isnan(one.sd));
    const Summary none = summarise(Values{NAN});
    CHECK(none.n == 0);
    CHECK(std::isnan(none.mean));
}

TEST_CASE("the deviation of nearly equal values keeps its digits") {
    CHECK(summarise(Values{1e9 + 1, 1e9 + 2, 1e9 + 3}).sd == Approx(1.0));
}

}  // namespace graft::results::statistics
