// SPDX-License-Identifier: Apache-2.0
#include "results/features/rows.hpp"

#include "results/features/drawn.hpp"
#include "support/catch.hpp"

namespace graft::results::features {

TEST_CASE("squared distances are those by hand, at any width and number of rows") {
    for (const std::size_t n : {1U, 3U, 33U, 70U}) {
        for (const std::size_t width : {1U, 7U, 8U, 19U}) {
            const auto drawn = draw(n, width, 1, 3);
            const auto found = squared_distances(drawn.features, width);
            double worst = 0;
            for (std::size_t i = 0; i < n; ++i) {
                for (std::size_t j = 0; j < n; ++j) {
                    double expected = 0;
                    for (std::size_t k = 0; k < width; ++k) {
                        const double d =
                            double{drawn.features[i * width + k]} - drawn.features[j * width + k];
                        expected += d * d;
                    }
                    worst = std::max(worst, std::abs(found.row(i)[j] - expected) / (1 + expected));
                }
            }
            CHECK(worst < 1e-6);
        }
    }
}

TEST_CASE("equal rows far from the origin have the distance 0") {
    const std::vector<float> features{1e6F, 3, 1e6F, 3, 1e6F, 4};
    const auto found = squared_distances(features, 2);
    CHECK(found.row(0)[1] == 0);
    CHECK(found.row(2)[1] == 1);
}

TEST_CASE("a row's sums are those by hand, and padding adds nothing") {
    const std::size_t n = 21;
    const std::size_t padded = 24;
    Floats x(padded), y(padded), p(padded);
    core::RandomStream stream("test/sums", 1);
    for (std::size_t j = 0; j < padded; ++j) {
        x[j] = j < n ? static_cast<float>(stream.normal()) : kFar;
        y[j] = j < n ? static_cast<float>(stream.normal()) : kFar;
        p[j] = j < n ? stream.uniform() : 0;
    }
    double expected[5] = {};
    for (std::size_t j = 0; j < n; ++j) {
        const double dx = double{x[4]} - x[j];
        const double dy = double{y[4]} - y[j];
        const double q = 1 / (1 + dx * dx + dy * dy);
        const double more[5] = {p[j] * q * dx, p[j] * q * dy, q * q * dx, q * q * dy, q};
        for (std::size_t k = 0; k < 5; ++k) {
            expected[k] += more[k];
        }
    }
    const auto sums = row_sums(x.data(), y.data(), p.data(), padded, 4);
    CHECK(sums.attraction[0] == Approx(expected[0]).margin(1e-5));
    CHECK(sums.attraction[1] == Approx(expected[1]).margin(1e-5));
    CHECK(sums.repulsion[0] == Approx(expected[2]).margin(1e-5));
    CHECK(sums.repulsion[1] == Approx(expected[3]).margin(1e-5));
    CHECK(sums.q == Approx(expected[4]));
}

}  // namespace graft::results::features
