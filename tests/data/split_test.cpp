// SPDX-License-Identifier: Apache-2.0
#include "data/split.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/random.hpp"

#include "support/catch.hpp"

using namespace graft;
using data::Part;

namespace {

// Images of three classes, 60, 30 and 10 percent of them, in groups of one to four.
std::vector<data::SplitItem> drawn_items(std::uint64_t seed, int groups) {
    core::RandomStream stream("test", seed);
    std::vector<data::SplitItem> items;
    for (int g = 0; g < groups; ++g) {
        const auto size = 1 + stream.below(4);
        for (std::uint64_t i = 0; i < size; ++i) {
            const auto draw = stream.below(10);
            items.push_back({draw < 6 ? 0 : draw < 9 ? 1 : 2, fmt::format("group {}", g)});
        }
    }
    return items;
}

const std::vector<std::string> kClasses{"none", "mild", "severe"};

}  // namespace

TEST_CASE("no group lies on two sides, and the parts are near 8:1:1 in every class") {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto items = drawn_items(seed, 400);
        const auto parts = data::split(items, kClasses, 0);
        std::map<std::string, std::set<Part>> sides;
        std::map<std::int32_t, std::map<Part, double>> counts;
        for (std::size_t i = 0; i < items.size(); ++i) {
            sides[items[i].group].insert(parts[i]);
            ++counts[items[i].label][parts[i]];
        }
        for (const auto& [group, in] : sides) {
            REQUIRE(in.size() == 1);
        }
        const auto all = data::count_parts(parts);
        const auto n = static_cast<double>(items.size());
        CHECK(static_cast<double>(all.validation) / n == Approx(0.1).margin(0.005));
        CHECK(static_cast<double>(all.test) / n == Approx(0.1).margin(0.005));
        for (auto& [label, in] : counts) {
            const double total = in[Part::train] + in[Part::validation] + in[Part::test];
            CHECK(in[Part::test] / total == Approx(0.1).margin(0.07));
            CHECK(in[Part::validation] / total == Approx(0.1).margin(0.07));
        }
    }
}

TEST_CASE("single images divide to the image") {
    std::vector<data::SplitItem> items;
    for (int i = 0; i < 200; ++i) {
        items.push_back({i % 2, fmt::format("{}", i)});
    }
    const auto counts = data::count_parts(data::split(items, {"a", "b"}, 0));
    CHECK(counts.train == 160);
    CHECK(counts.validation == 20);
    CHECK(counts.test == 20);
}

TEST_CASE("the split depends on the seed, and not on the order of the items") {
    const auto items = drawn_items(1, 100);
    const auto parts = data::split(items, kClasses, 5);
    CHECK(parts == data::split(items, kClasses, 5));
    CHECK(parts != data::split(items, kClasses, 6));
    std::vector<data::SplitItem> backwards(items.rbegin(), items.rend());
    auto other = data::split(backwards, kClasses, 5);
    std::reverse(other.begin(), other.end());
    CHECK(parts == other);
}

TEST_CASE("three groups of a class reach all parts, fewer leave validation, then test") {
    const auto parts_of = [](int groups) {
        std::vector<data::SplitItem> items{{0, "x"}};
        for (int g = 0; g < groups; ++g) {
            items.push_back({1, fmt::format("{}", g)});
            items.push_back({1, fmt::format("{}", g)});
        }
        const auto parts = data::split(items, {"a", "b"}, 0);
        return std::set<Part>(parts.begin() + 1, parts.end());
    };
    CHECK(parts_of(3) == std::set<Part>{Part::train, Part::validation, Part::test});
    CHECK(parts_of(2) == std::set<Part>{Part::train, Part::test});
    CHECK(parts_of(1) == std::set<Part>{Part::train});
}

TEST_CASE("a group larger than all others stays in train") {
    std::vector<data::SplitItem> items(500, {0, "large"});
    for (int g = 0; g < 3; ++g) {
        items.push_back({0, fmt::format("{}", g)});
    }
    for (std::int64_t seed = 0; seed < 10; ++seed) {
        const auto parts = data::split(items, {"a"}, seed);
        CHECK(parts[0] == Part::train);
        CHECK(std::count(parts.begin(), parts.end(), Part::test) > 0);
    }
}
