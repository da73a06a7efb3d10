// SPDX-License-Identifier: Apache-2.0
#include "scheduler/chance.hpp"

#include <cmath>

#include "support/catch.hpp"

namespace graft::scheduler {

TEST_CASE("chance is of its key and seed alone") {
    CHECK(uniform("a", 1) == uniform("a", 1));
    CHECK(uniform("a", 1) != uniform("b", 1));
    CHECK(uniform("a", 1) != uniform("a", 2));
    CHECK(noise_factor("a", 1, 0) == 1);
}

TEST_CASE("chance has the mean and the spread that it says") {
    constexpr int kDraws = 20'000;
    double mean = 0, noise = 0, square = 0, loss = 0;
    for (int i = 0; i < kDraws; ++i) {
        const auto key = std::to_string(i);
        const double factor = noise_factor(key, 1, 0.3);
        mean += uniform(key, 1) / kDraws;
        noise += factor / kDraws;
        square += factor * factor / kDraws;
        loss += next_loss(key, 1, core::Seconds(10)).count() / kDraws;
    }
    CHECK(mean == Approx(0.5).epsilon(0.02));
    CHECK(noise == Approx(1).epsilon(0.02));
    CHECK(std::sqrt(square - noise * noise) == Approx(0.3).epsilon(0.05));
    CHECK(loss == Approx(10).epsilon(0.03));
}

}  // namespace graft::scheduler
