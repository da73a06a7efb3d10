// SPDX-License-Identifier: Apache-2.0
#include "core/bytes.hpp"

#include <cmath>
#include <limits>

#include "core/ids.hpp"

#include "support/catch.hpp"

using namespace graft::core;

namespace {

enum class Colour : std::uint8_t { red, green };

struct Point {
    std::int32_t x = 0;
    double y = 0;
    bool operator==(const Point&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(x, y);
    }
};

// Many times larger in memory than in bytes.
struct Wide {
    bool flag = false;
    std::array<std::string, 32> texts;
    template <class Archive>
    void fields(Archive& archive) {
        archive(flag);
    }
};
std::size_t wide_ones = 0;
struct Counted : Wide {
    Counted() { ++wide_ones; }
};

struct NameTag;

struct Everything {
    bool flag = false;
    std::uint8_t small = 0;
    std::int64_t large = 0;
    float real = 0;
    Colour colour = Colour::red;
    std::string text;
    std::vector<Point> points;
    std::array<std::uint16_t, 3> triple{};
    std::map<std::string, std::vector<double>> rows;
    std::pair<std::int32_t, std::string> pair;
    std::optional<Point> maybe, nothing;
    std::variant<std::int32_t, Point, std::string> one_of;
    Id<NameTag, std::string> id;
    bool operator==(const Everything&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(flag, small, large, real, colour, text, points, triple, rows, pair, maybe, nothing,
                one_of, id);
    }
};

Everything sample() {
    Everything all;
    all.flag = true;
    all.small = 255;
    all.large = std::numeric_limits<std::int64_t>::min();
    all.real = -0.0F;
    all.colour = Colour::green;
    all.text = std::string("nul \0 and \xC3\xA9", 11);
    all.points = {{1, 0.5}, {-1, 1e300}};
    all.triple = {1, 2, 65535};
    all.rows = {{"", {}}, {"a", {1, 2}}};
    all.pair = {7, "seven"};
    all.maybe = Point{3, 4};
    all.one_of = std::string("third");
    all.id = Id<NameTag, std::string>("name");
    return all;
}

}  // namespace

template <>
struct graft::core::EnumNames<Colour> {
    static constexpr std::array<std::string_view, 2> names{"red", "green"};
};

TEST_CASE("every kind of value comes back as it was") {
    CHECK(decode<Everything>(encode(sample())) == sample());
    CHECK(decode<Everything>(encode(Everything{})) == Everything{});
}

TEST_CASE("the layout is fixed: little-endian, uint32 counts, one byte for bool and variant") {
    CHECK(encode(std::uint32_t{0x01020304}) == "\x04\x03\x02\x01");
    CHECK(encode(std::string("ab")) == std::string("\x02\0\0\0ab", 6));
    CHECK(encode(true) == "\x01");
    CHECK(encode(std::optional<std::uint8_t>()) == std::string(1, '\0'));
    CHECK(encode(std::variant<bool, std::uint8_t>(std::uint8_t{9})) == "\x01\x09");
    CHECK(encode(Point{1, 0}).size() == 12);
}

TEST_CASE("floats keep their bits, NaN included") {
    const double nan = std::bit_cast<double>(std::uint64_t{0x7ff8000000000123});
    const auto back = decode<double>(encode(nan));
    CHECK(std::bit_cast<std::uint64_t>(back) == 0x7ff8000000000123);
    CHECK(std::signbit(decode<float>(encode(-0.0F))));
}

TEST_CASE("bytes cut off anywhere are an error, never a value") {
    const std::string bytes = encode(sample());
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        INFO("cut at " << n << " of " << bytes.size());
        CHECK_THROWS_AS(decode<Everything>(bytes.substr(0, n)), DecodeError);
    }
    CHECK_THROWS_AS(decode<Everything>(bytes + '\0'), DecodeError);
}

TEST_CASE("a damaged count or index is an error and allocates nothing") {
    const std::string huge = "\xff\xff\xff\xff";
    CHECK_THROWS_AS(decode<std::string>(huge + "abc"), DecodeError);
    CHECK_THROWS_AS(decode<std::vector<double>>(huge + "abc"), DecodeError);
    using Map = std::map<std::uint8_t, std::uint8_t>;
    CHECK_THROWS_AS(decode<Map>(huge + "abc"), DecodeError);
    using Either = std::variant<std::uint8_t, bool>;
    CHECK_THROWS_AS(decode<Either>(std::string("\x02\x01")), DecodeError);
}

TEST_CASE("a number that is none of an enum's is an error") {
    CHECK(decode<Colour>(std::string("\x01")) == Colour::green);
    CHECK_THROWS_AS(decode<Colour>(std::string("\x02")), DecodeError);
    CHECK_THROWS_AS(decode<Colour>(std::string("\xff")), DecodeError);
}

TEST_CASE("items are made as they are read, not as many as their count claims") {
    // Two counts: the first is good, the second claims all bytes that are left and has none whole.
    const std::string bytes = encode(std::uint32_t{60}) + std::string(3, '\1');
    wide_ones = 0;
    CHECK_THROWS_AS(decode<std::vector<Counted>>(bytes), DecodeError);
    CHECK(wide_ones == 0);  // the count exceeds the bytes
    using Pairs = std::vector<std::pair<Counted, std::uint64_t>>;
    CHECK_THROWS_AS(decode<Pairs>(encode(std::uint32_t{60}) + std::string(60, '\1')), DecodeError);
    CHECK(wide_ones < 10);
}
