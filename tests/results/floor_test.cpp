// SPDX-License-Identifier: Apache-2.0
#include "results/floor.hpp"

#include <cmath>
#include <vector>

#include "sweep/metrics.hpp"

#include "support/catch.hpp"

namespace graft::results {

using Counts = std::vector<std::int64_t>;

TEST_CASE("the micro floor of two classes, by hand") {
    // 10 and 30 images: 30 true labels of class 1 rank above the 30 wrong labels of class 0 and
    // tie with the 10 wrong ones of class 1; the 10 of class 0 tie with the 30 of class 0.
    const double expected = (30.0 * 30 + 0.5 * 30 * 10 + 0.5 * 10 * 30) / (40.0 * 40);
    CHECK(micro_floor(Counts{80, 240}, Counts{10, 30}) == Approx(expected));
    CHECK(auc_floor(Counts{80, 240}, Counts{10, 30}) == 0.5);
}

TEST_CASE("the micro floor is the micro AUC of the constant predictor") {
    const Counts prior{50, 20, 20, 10};
    const Counts counts{7, 3, 2, 4};
    std::vector<float> scores;
    std::vector<std::int32_t> labels;
    for (std::int32_t label = 0; label < 4; ++label) {
        for (std::int64_t i = 0; i < counts[static_cast<std::size_t>(label)]; ++i) {
            labels.push_back(label);
            for (const auto n : prior) {
                scores.push_back(static_cast<float>(n) / 100);
            }
        }
    }
    CHECK(micro_floor(prior, counts) == Approx(sweep::auc_micro(scores, labels, 4)));
    CHECK(auc_floor(prior, counts) == Approx(sweep::auc_micro(scores, labels, 4)));
}

TEST_CASE("without counts the floor is missing") {
    CHECK(std::isnan(micro_floor(Counts{}, Counts{})));
    CHECK(std::isnan(micro_floor(Counts{1, 2}, Counts{})));
    CHECK(std::isnan(micro_floor(Counts{1, 2}, Counts{0, 0})));
}

}  // namespace graft::results
