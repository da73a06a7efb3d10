// SPDX-License-Identifier: Apache-2.0
#include "results/features/projection.hpp"

#include <algorithm>

#include "results/features/drawn.hpp"
#include "results/features/separation.hpp"
#include "support/catch.hpp"

namespace graft::results::features {

TEST_CASE("classes that lie apart lie apart in the picture") {
    const auto drawn = draw(150, 20, 3, 3);
    const auto found = tsne(drawn.features, drawn.width, {});
    REQUIRE(found.why_not == "");
    REQUIRE(found.xy.size() == 300);
    CHECK(found.perplexity == 30);
    CHECK(found.kl > 0);
    CHECK(found.kl < 0.6);
    const std::vector<float> places(found.xy.begin(), found.xy.end());
    CHECK(neighbour_accuracy(places, 2, drawn.labels, 5).value == 1);
}

TEST_CASE("equal features give equal pictures, to the bit") {
    const auto drawn = draw(60, 9, 2, 1);
    const auto one = tsne(drawn.features, drawn.width, {});
    const auto two = tsne(drawn.features, drawn.width, {});
    CHECK(one.xy == two.xy);
    CHECK(one.kl == two.kl);
}

TEST_CASE("few points lower the perplexity") {
    const auto drawn = draw(16, 4, 2, 1);
    const auto found = tsne(drawn.features, drawn.width, {});
    CHECK(found.perplexity == 5);
    CHECK(found.xy.size() == 32);
    CHECK(tsne(draw(5, 4, 2, 1).features, 4, {}).xy.size() == 10);
}

TEST_CASE("more iterations lower the divergence") {
    const auto drawn = draw(100, 10, 4, 1);
    TsneSettings few;
    few.iterations = 300;
    CHECK(tsne(drawn.features, drawn.width, {}).kl < tsne(drawn.features, drawn.width, few).kl);
}

TEST_CASE("a picture of what has none is a reason") {
    const auto few = tsne(draw(4, 3, 2, 1).features, 3, {});
    CHECK(few.why_not == "too few points (4 of at least 5)");
    CHECK(few.xy.empty());
    CHECK(std::isnan(few.kl));
    CHECK(tsne({}, 0, {}).why_not == "too few points (0 of at least 5)");
    CHECK(tsne(std::vector<float>(40, 0.5F), 4, {}).why_not ==
          "features that are equal for all points");
    auto broken = draw(20, 3, 2, 1).features;
    broken[7] = NAN;
    CHECK(tsne(broken, 3, {}).why_not == "features that are not finite");
}

TEST_CASE("copies of points, one feature, and huge or tiny values still make a picture") {
    auto copies = draw(30, 3, 2, 1);
    std::copy_n(copies.features.begin(), 45, copies.features.begin() + 45);
    std::vector<float> two_values(40, 0);
    std::fill(two_values.begin(), two_values.begin() + 20, 1.0F);
    auto huge = draw(30, 3, 2, 1).features;
    auto tiny = huge;
    std::for_each(huge.begin(), huge.end(), [](float& v) { v *= 1e15F; });
    std::for_each(tiny.begin(), tiny.end(), [](float& v) { v *= 1e-15F; });
    const std::vector<std::pair<std::vector<float>, std::size_t>> cases{
        {copies.features, 3},
        {two_values, 1},
        {draw(30, 1, 2, 1).features, 1},
        {huge, 3},
        {tiny, 3}};
    for (const auto& [features, width] : cases) {
        const auto found = tsne(features, width, {});
        CHECK(found.why_not == "");
        CHECK(std::isfinite(found.kl));
        CHECK(std::all_of(found.xy.begin(), found.xy.end(),
                          [](double v) { return std::isfinite(v) && std::abs(v) < 1e5; }));
    }
}

}  // namespace graft::results::features
