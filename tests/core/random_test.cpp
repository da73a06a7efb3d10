// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "support/catch.hpp"

using namespace graft::core;

// The "philox4x32 10" lines of kat_vectors in Random123's tests.
TEST_CASE("Philox gives the known answers of Random123") {
    using Block = std::array<std::uint32_t, 4>;
    constexpr std::uint32_t kOnes = 0xffffffff;
    CHECK(philox({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
    CHECK(philox({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}) ==
          Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
    CHECK(philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
          Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("a stream is named by purpose and numbers, and by nothing else") {
    const auto first = [](std::string_view purpose, std::uint64_t seed, std::uint64_t a = 0,
                          std::uint64_t b = 0) {
        return RandomStream(purpose, seed, a, b).next_u64();
    };
    CHECK(first("order", 1, 2, 3) == first("order", 1, 2, 3));
    std::set<std::uint64_t> draws;
    for (const char* purpose : {"order", "augment", "orde", ""}) {
        for (std::uint64_t i = 0; i < 5; ++i) {
            draws.insert(first(purpose, i, 7, 9));
            draws.insert(first(purpose, 7, i + 10, 9));
            draws.insert(first(purpose, 7, 9, i + 20));
        }
    }
    CHECK(draws.size() == 60);
}

TEST_CASE("a stream's draws are the blocks of its counter, one after the other") {
    RandomStream one("order", 5);
    RandomStream other("order", 5);
    std::vector<std::uint32_t> words;
    for (int i = 0; i < 12; ++i) {
        words.push_back(one.next_u32());
    }
    CHECK(std::set<std::uint32_t>(words.begin(), words.end()).size() == 12);
    for (int i = 0; i < 6; ++i) {
        const std::uint64_t pair = other.next_u64();
        CHECK(static_cast<std::uint32_t>(pair) == words[static_cast<std::size_t>(2 * i)]);
        CHECK(pair >> 32 == words[static_cast<std::size_t>(2 * i + 1)]);
    }
}

namespace {

// Chi-square of `counts` against equal shares; 99.99 % of right generators stay below `limit`.
double chi_square(const std::vector<int>& counts, double total) {
    const double expected = total / static_cast<double>(counts.size());
    double sum = 0;
    for (const int n : counts) {
        sum += (n - expected) * (n - expected) / expected;
    }
    return sum;
}

}  // namespace

TEST_CASE("uniform draws fill the range from 0 to 1 evenly") {
    RandomStream stream("test", 1);
    std::vector<int> floats(100), doubles(100);
    for (int i = 0; i < 100000; ++i) {
        const float f = stream.uniform();
        const double d = stream.uniform_double();
        REQUIRE((f >= 0 && f < 1 && d >= 0 && d < 1));
        ++floats[static_cast<std::size_t>(f * 100)];
        ++doubles[static_cast<std::size_t>(d * 100)];
    }
    CHECK(chi_square(floats, 1e5) < 161);  // 99 degrees of freedom
    CHECK(chi_square(doubles, 1e5) < 161);
}

TEST_CASE("below(n) is even, also where n does not divide 2^64") {
    RandomStream stream("test", 2);
    std::vector<int> counts(7);
    for (int i = 0; i < 70000; ++i) {
        ++counts.at(stream.below(7));
    }
    CHECK(chi_square(counts, 7e4) < 27.9);  // 6 degrees of freedom
    CHECK(stream.below(1) == 0);
    // Without rejection every third value would be drawn twice as often as its neighbours.
    constexpr std::uint64_t kLarge = 3ULL << 62;
    int low = 0;
    for (int i = 0; i < 10000; ++i) {
        const std::uint64_t draw = stream.below(kLarge);
        REQUIRE(draw < kLarge);
        low += draw % 3 == 0;
    }
    CHECK(std::abs(low - 10000.0 / 3) < 4 * std::sqrt(10000 * 2.0 / 9));
}

TEST_CASE("normal draws have the normal's moments and tails") {
    RandomStream stream("test", 3);
    constexpr int kCount = 100000;
    double sum = 0, squares = 0, fourth = 0;
    int beyond = 0;
    for (int i = 0; i < kCount; ++i) {
        const double x = stream.normal();
        sum += x;
        squares += x * x;
        fourth += x * x * x * x;
        beyond += std::abs(x) > 1.959964;
    }
    CHECK(std::abs(sum / kCount) < 4 / std::sqrt(kCount));
    CHECK(std::abs(squares / kCount - 1) < 4 * std::sqrt(2.0 / kCount));
    CHECK(std::abs(fourth / kCount - 3) < 4 * std::sqrt(96.0 / kCount));
    CHECK(std::abs(beyond / double{kCount} - 0.05) < 4 * std::sqrt(0.05 * 0.95 / kCount));
}

TEST_CASE("a permutation holds every number once, and every order is as likely") {
    RandomStream stream("test", 4);
    CHECK(permutation(0, stream).empty());
    auto order = permutation(1000, stream);
    std::sort(order.begin(), order.end());
    for (std::uint32_t i = 0; i < 1000; ++i) {
        REQUIRE(order[i] == i);
    }
    std::map<std::vector<std::uint32_t>, int> seen;
    for (int i = 0; i < 24000; ++i) {
        ++seen[permutation(4, stream)];
    }
    std::vector<int> counts;
    for (const auto& [key, count] : seen) {
        counts.push_back(count);
    }
    REQUIRE(counts.size() == 24);
    CHECK(chi_square(counts, 24000) < 56);  // 23 degrees of freedom
}
