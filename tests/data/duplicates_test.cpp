// SPDX-License-Identifier: Apache-2.0
#include "data/duplicates.hpp"

#include <bit>

#include <fmt/format.h>

#include "core/random.hpp"

#include "support/catch.hpp"

using namespace graft;
using Sets = std::vector<std::vector<std::size_t>>;

TEST_CASE("equal files are one set, and differing labels are counted") {
    const std::vector<data::ImagePrint> prints{{"x", 0}, {"y", 0}, {"x", 0}, {"z", 0}, {"y", 0}};
    const std::vector<data::SplitItem> items{{0, "a"}, {0, "b"}, {1, "c"}, {0, "d"}, {0, "e"}};
    const auto found = data::find_duplicates(prints, items, 0);
    CHECK(found.sets == Sets{{0, 2}, {1, 4}});
    CHECK(found.counts.exact == 2);
    CHECK(found.counts.near == 0);
    CHECK(found.counts.conflicting == 1);
}

TEST_CASE("near hashes are found by bands as by comparing all pairs") {
    core::RandomStream stream("test", 4);
    std::vector<data::ImagePrint> prints;
    std::vector<data::SplitItem> items;
    for (int i = 0; i < 300; ++i) {
        auto bits = prints.size() > 1 && i % 2 ? prints.back().perceptual : stream.next_u64();
        for (auto flips = stream.below(9); flips > 0; --flips) {
            bits ^= std::uint64_t{1} << stream.below(64);
        }
        prints.push_back({fmt::format("{}", i), bits});
        items.push_back({0, fmt::format("{}", i)});
    }
    for (const int distance : {1, 3, 5, 8, 16}) {
        const auto found = data::find_duplicates(prints, items, distance);
        data::join_groups(found.sets, items);
        std::size_t near = 0;
        for (std::size_t a = 0; a < prints.size(); ++a) {
            for (std::size_t b = a + 1; b < prints.size(); ++b) {
                if (std::popcount(prints[a].perceptual ^ prints[b].perceptual) <= distance) {
                    ++near;
                    REQUIRE(items[a].group == items[b].group);
                }
            }
        }
        CHECK(near > 0);
        CHECK(found.counts.near > 0);
        CHECK(found.counts.near <= static_cast<std::int64_t>(near));
    }
}

TEST_CASE("groups that share a copy become one, by chains too") {
    std::vector<data::SplitItem> items{{0, "d"}, {0, "c"}, {0, "c"}, {0, "b"}, {0, "e"}};
    data::join_groups({{0, 1}, {2, 3}}, items);
    CHECK(items[0].group == "b");
    CHECK(items[1].group == "b");
    CHECK(items[3].group == "b");
    CHECK(items[4].group == "e");
}

TEST_CASE("copies across parts are counted by sets") {
    using data::Part;
    CHECK(data::count_across({{0, 1}, {2, 3}},
                             {Part::train, Part::test, Part::train, Part::train}) == 1);
}
