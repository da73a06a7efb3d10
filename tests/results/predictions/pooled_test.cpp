// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/pooled.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/kept_predictions.hpp"

namespace graft::results::predictions {

TEST_CASE("pooled predictions have the images of all, beside their scores, and no features") {
    auto whole = tests::kept_predictions(2, "a");
    const auto first = whole, second = tests::kept_predictions(2, "b");
    pool(whole, second);
    CHECK(whole.test.images() == 12);
    CHECK(whole.validation.images() == 12);
    CHECK(whole.test.ids[5] == "a5");
    CHECK(whole.test.ids[6] == "b0");
    CHECK(whole.test.groups[6] == second.test.groups[0]);
    CHECK(whole.test.labels[7] == second.test.labels[1]);
    CHECK(whole.test.scores[12] == second.test.scores[0]);
    CHECK(whole.test.scores[11] == first.test.scores[11]);
    CHECK(whole.features.empty());
    CHECK(whole.feature_rows.empty());
}

TEST_CASE("predictions of other classes are not pooled") {
    auto whole = tests::kept_predictions(2);
    CHECK_THROWS_WITH(pool(whole, tests::kept_predictions(3)),
                      ContainsSubstring("0, 1 and 0, 1, 2"));
}

}  // namespace graft::results::predictions
