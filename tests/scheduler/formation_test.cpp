// SPDX-License-Identifier: Apache-2.0
#include "scheduler/formation.hpp"

#include <algorithm>
#include <random>
#include <set>

#include "support/catch.hpp"

using namespace graft;
using namespace graft::scheduler;

namespace {

// 100 images trained, 10 evaluated; cuts in percent.
CohortShape grid(const std::vector<double>& frozen) {
    return {{0, 100, 10}, 100, frozen};
}

double longest(const CohortShape& shape, const std::vector<Part>& parts) {
    double most = 0;
    for (const auto& part : parts) {
        most = std::max(most, cohort_multiply_adds(shape_of(shape, part)));
    }
    return most;
}

// Each member once, in parts that are not empty and not too large.
void check_parts(const std::vector<Part>& parts, std::size_t count, std::size_t most) {
    std::set<std::size_t> members;
    for (const auto& part : parts) {
        CHECK(!part.empty());
        CHECK(part.size() <= most);
        CHECK(std::is_sorted(part.begin(), part.end()));
        members.insert(part.begin(), part.end());
    }
    CHECK(members.size() == count);
}

Around spread(std::size_t slots, double work = 0) {
    Around around;
    around.slots = static_cast<double>(slots);
    around.free.assign(slots, 0);
    around.work = work;
    return around;
}

// Every way to cut `count` members into `parts` pieces of at most `most`.
double shortest_longest(const CohortShape& shape, std::size_t first, std::size_t parts,
                        std::size_t most) {
    const std::size_t count = shape.frozen.size();
    if (parts == 0) {
        return first == count ? 0 : INFINITY;
    }
    double best = INFINITY;
    for (std::size_t last = first + 1; last <= std::min(count, first + most); ++last) {
        best = std::min(best, std::max(cohort_multiply_adds(shape, first, last),
                                       shortest_longest(shape, last, parts - 1, most)));
    }
    return best;
}

}  // namespace

TEST_CASE("a division has the shortest longest part of all, by trying everything") {
    std::mt19937 random(5);
    for (int i = 0; i < 60; ++i) {
        std::vector<double> frozen(1 + random() % 7);
        for (auto& cut : frozen) {
            cut = static_cast<double>(random() % 101);
        }
        std::sort(frozen.begin(), frozen.end());
        const auto shape = grid(frozen);
        for (std::size_t parts = 1; parts <= frozen.size(); ++parts) {
            const std::size_t most = 1 + random() % 4;
            const auto found = divided_by_cut(shape, parts, most);
            const auto even = dealt(shape, parts, most);
            const double best = shortest_longest(shape, 0, parts, most);
            CAPTURE(frozen, parts, most);
            REQUIRE(found.empty() == (best == INFINITY));
            if (!found.empty()) {
                CHECK(longest(shape, found) == Approx(best));
                check_parts(found, frozen.size(), most);
            }
            if (!even.empty()) {
                CHECK(even.size() == parts);
                check_parts(even, frozen.size(), most);
            }
        }
    }
}

TEST_CASE("with much else to do a cohort stays whole, with nothing else it is spread") {
    const auto shape = grid({5, 10, 20, 30, 50, 75, 100});
    CHECK(best_parts(shape, spread(16, 1e9)) == std::vector<Part>{{0, 1, 2, 3, 4, 5, 6}});
    // One slot: whole. Two: about halves. As many as members: nearly all of them alone, but the
    // deep ones, which end before the shallowest one does.
    CHECK(best_parts(shape, spread(1)).size() == 1);
    const auto two = best_parts(shape, spread(2));
    REQUIRE(two.size() == 2);
    CHECK(end_of(shape, two, spread(2)) < 0.53 * cohort_multiply_adds(shape));
    const auto many = best_parts(shape, spread(16));
    CHECK(many.front().size() == 1);
    CHECK(many.size() >= 4);
    CHECK(end_of(shape, many, spread(16)) <= 1.02 * cohort_multiply_adds(shape, 0, 1));
}

TEST_CASE("members are dealt to two slots as by hand") {
    // Tops 31,000 and 15,500 and nothing; the bottom of 50 takes 5,500, that of 100 11,000.
    const auto parts = dealt(grid({0, 50, 100}), 2, 32);
    CHECK(parts == std::vector<Part>{{0}, {1, 2}});
    CHECK(dealt(grid({0, 50, 100}), 2, 1).empty());
    CHECK(dealt(grid({0, 50, 100}), 4, 3).empty());
}

TEST_CASE("parts end no earlier than the slots that they wait for") {
    const auto shape = grid({50, 50});
    auto around = spread(2);
    around.free = {0, 1e6};  // the other slot is busy for long
    around.work = around.last_free = 1e6;
    CHECK(best_parts(shape, around).size() == 1);
    around.free = {0, 10};
    around.work = around.last_free = 10;
    CHECK(best_parts(shape, around).size() == 2);
}

TEST_CASE("no cohort is larger than memory and attempts allow, and parts are even") {
    const auto shape = grid({5, 10, 20, 30, 50, 75, 100});
    auto around = spread(1, 1e9);
    around.most = 3;
    const auto parts = best_parts(shape, around);
    REQUIRE(parts.size() == 3);
    for (const auto& part : parts) {
        CHECK(part.size() <= 3);
    }
    around.most = 1;
    CHECK(best_parts(shape, around).size() == 7);
}

TEST_CASE("what gains next to nothing goes alone, the longest first") {
    CHECK(next_part(grid({1, 1}), spread(1)) == Part{0});
    CHECK(next_part(grid({50, 50}), spread(1)) == Part{0, 1});
    CHECK(next_part(grid({10}), spread(4)) == Part{0});
    // Of the parts the longest goes first.
    const auto shape = grid({0, 90, 95, 100});
    CHECK(next_part(shape, spread(2)) == Part{0});
}
