// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/bootstrap.hpp"

#include <numeric>

#include "support/catch.hpp"

namespace graft::results::statistics {

namespace {

using Texts = std::vector<std::string>;

std::vector<std::int32_t> draw(const Texts& groups, const std::string& key,
                               std::uint64_t replicate) {
    const GroupBootstrap bootstrap(groups, key);
    std::vector<std::int32_t> weights(groups.size());
    bootstrap.draw(replicate, weights);
    return weights;
}

}  // namespace

TEST_CASE("images of a group are drawn together, as many groups as there are") {
    const Texts groups{"b", "a", "b", "c", "a", "b"};
    CHECK(GroupBootstrap(groups, "retina").groups() == 3);
    bool differ = false;
    for (std::uint64_t replicate = 0; replicate < 50; ++replicate) {
        const auto weights = draw(groups, "retina", replicate);
        CHECK(weights[0] == weights[2]);
        CHECK(weights[0] == weights[5]);
        CHECK(weights[1] == weights[4]);
        CHECK(weights[0] + weights[1] + weights[3] == 3);
        differ = differ || weights != draw(groups, "retina", 0);
    }
    CHECK(differ);
}

TEST_CASE("a draw is the same everywhere and always") {
    // These very numbers: intervals must not change with a version.
    const Texts groups{"p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7"};
    CHECK(draw(groups, "retina", 3) == draw(groups, "retina", 3));
    CHECK(draw(groups, "retina", 3) == std::vector<std::int32_t>{0, 1, 0, 1, 2, 2, 2, 0});
    CHECK(draw(groups, "pcam", 3) != draw(groups, "retina", 3));
}

TEST_CASE("a draw does not depend on the order of images") {
    const auto weights = draw({"a", "b", "c", "d", "a"}, "retina", 7);
    const auto turned = draw({"a", "d", "c", "b", "a"}, "retina", 7);
    CHECK(turned == std::vector{weights[0], weights[3], weights[2], weights[1], weights[4]});
}

TEST_CASE("images without a group are groups of their own") {
    CHECK(GroupBootstrap(Texts{"", "", "a", "a"}, "").groups() == 3);
    CHECK(GroupBootstrap(Texts{}, "").groups() == 0);
    CHECK(draw({}, "", 0).empty());
}

TEST_CASE("percentiles lie between neighbours") {
    std::vector<double> values(201);
    std::iota(values.rbegin(), values.rend(), 0.0);
    const auto interval = percentile_interval(values, 90, 0.95);
    CHECK(interval.estimate == 90);
    CHECK(interval.low == Approx(5));
    CHECK(interval.high == Approx(195));
    CHECK(interval.n == 201);
    values.pop_back();
    CHECK(percentile_interval(values, 90).low == Approx(1 + 0.025 * 199));
}

TEST_CASE("too few replicates with a value make no interval") {
    std::vector<double> values(200, 0.5);
    for (std::size_t i = 0; i < 10; ++i) {
        values[i] = NAN;
    }
    CHECK(percentile_interval(values, 0.5).known());
    CHECK(percentile_interval(values, 0.5).n == 190);
    values[10] = NAN;
    CHECK_FALSE(percentile_interval(values, 0.5).known());
    CHECK_FALSE(percentile_interval(std::vector<double>(99, 0.5), 0.5).known());
    CHECK(percentile_interval(std::vector<double>(100, 0.5), 0.5).known());
    CHECK_FALSE(percentile_interval({}, 0.5).known());
}

}  // namespace graft::results::statistics
