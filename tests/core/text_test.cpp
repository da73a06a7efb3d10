// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include "support/catch.hpp"

using namespace graft::core;

TEST_CASE("nearest names a likely misspelling and nothing far away") {
    CHECK(nearest("eppchs", {"epochs", "freeze"}) == "epochs");
    CHECK(nearest("zzzz", {"epochs", "freeze"}).empty());
}
