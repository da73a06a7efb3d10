// SPDX-License-Identifier: Apache-2.0
#include "results/report/words.hpp"

#include "support/catch.hpp"

using namespace graft::results;
using namespace graft::results::report;

TEST_CASE("differences have a sign, but what rounds to nothing has none") {
    CHECK(signed_number(0.01234) == "+0.0123");
    CHECK(signed_number(-0.01234) == "-0.0123");
    CHECK(signed_number(-0.00001) == "0.0000");
    CHECK(signed_number(-0.04, 1) == "0.0");
    CHECK(signed_number(NAN) == "-");
}

TEST_CASE("learning rates are written as people do") {
    CHECK(rate_text(1e-5) == "1e-5");
    CHECK(rate_text(3e-4) == "3e-4");
    CHECK(rate_text(1e-3) == "1e-3");
    CHECK(rate_text(0.01) == "0.01");
}

TEST_CASE("an interval says what it is over, and one value that it has none") {
    CHECK(interval_text({0.1, 0.05, 0.15, 5}, "pair") == "95 % interval 0.0500 to 0.1500, 5 pairs");
    CHECK(interval_text({0.1, NAN, NAN, 1}, "pair") == "one pair, so no interval");
    CHECK(interval_text({0.1, NAN, NAN, 3}, "pair") ==
          "3 pairs without any spread, so no interval");
}

TEST_CASE("p values are not told more exactly than they are known") {
    CHECK(p_text(0.0001) == "p < 0.001");
    CHECK(p_text(0.0123) == "p = 0.012");
    CHECK(p_text(NAN) == "no p value");
}
