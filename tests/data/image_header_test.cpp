// SPDX-License-Identifier: Apache-2.0
#include "data/image_header.hpp"

#include "core/clock.hpp"

#include "support/catch.hpp"

using namespace graft;
using namespace std::string_literals;

namespace {

std::string reason(const std::string& bytes) {
    try {
        data::check_image_is_whole(bytes, data::read_image_header(bytes));
    } catch (const data::BadImageError& error) {
        return error.what();
    }
    return "";
}

// A JPEG's segments without sensible picture data.
const std::string kFrame = "\xFF\xC2\x00\x0B\x08\x00\x10\x00\x20\x01\x01\x11\x00"s;
const std::string kThumbnail = "\xFF\xE1\x00\x06\xFF\xD8\xFF\xD9"s;
const std::string kScan = "\xFF\xDA\x00\x02 data \xFF\x00 more \xFF\xD0 more "s;

std::string png(std::uint8_t width_high) {
    std::string bytes = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"s;
    bytes += static_cast<char>(width_high);
    return bytes + "\0\0\x10\0\0\0\x10\x08\x02\0\0\0crc!"s;
}

}  // namespace

TEST_CASE("a JPEG is whole when an end follows its last scan") {
    const std::string jpeg = "\xFF\xD8"s + kThumbnail + kFrame + kScan;
    const auto header = data::read_image_header(jpeg);
    CHECK(header.width == 32);
    CHECK(header.height == 16);
    CHECK(reason(jpeg + "\xFF\xD9"s) == "");
    CHECK(reason(jpeg + kScan + "\xFF\xFF\xD9 trailing bytes"s) == "");
    CHECK(reason(jpeg) == "truncated: no end-of-image marker");
    CHECK(reason("\xFF\xD8"s + kThumbnail) == "truncated: the file ends in its header");
    CHECK(reason("\xFF\xD8"s + kScan) == "damaged: a JPEG without a frame header");
    CHECK(reason("\xFF\xD8"s + kFrame + "\xFF\xD9"s) == "damaged: a JPEG without picture data");
}

TEST_CASE("a PNG is whole with its last chunk") {
    CHECK(data::read_image_header(png(0)).width == 16);
    CHECK(reason(png(0) + "\0\0\0\0IENDcrc!"s) == "");
    CHECK(reason(png(0) + "\0\0\xFF\0IDAT"s) == "truncated: no IEND chunk");
    CHECK(reason(png(0).substr(0, 20)) == "truncated: the file ends in its header");
}

TEST_CASE("what is no image, empty or absurd is told") {
    CHECK(reason("") == "empty file (0 bytes)");
    CHECK_THAT(reason("<html>"), ContainsSubstring("not an image"));
    CHECK_THAT(reason(png(0x7F)), ContainsSubstring("absurd size of 2130706448 x 16 pixels"));
    CHECK_THAT(reason("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\0\0\0\0\x10"s),
               ContainsSubstring("absurd size of 0 x 16"));
}

TEST_CASE("no cut-off or wild TIFF directory reads beyond its bytes") {
    const std::string tiff =
        "II*\0\x08\0\0\0\x03\0"
        "\x00\x01\x03\0\x01\0\0\0\x20\0\0\0"
        "\x01\x01\x03\0\x01\0\0\0\x10\0\0\0"
        "\x11\x01\x04\0\x01\0\0\0\x08\0\0\0"s;
    CHECK(data::read_image_header(tiff).width == 32);
    CHECK(reason(tiff) == "");
    for (std::size_t length = 4; length < tiff.size(); ++length) {
        CHECK_FALSE(reason(tiff.substr(0, length)).empty());
    }
    std::string beyond = tiff;
    beyond[42] = '\x7F';
    CHECK_FALSE(reason(beyond).empty());
    CHECK_FALSE(reason("II*\0\xFF\xFF\xFF\xFF"s).empty());
    CHECK_FALSE(reason("MM\0+\0\x08\0\0\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xF8"s).empty());
}

TEST_CASE("a TIFF of many tags and many strips is looked through in no time") {
    constexpr std::size_t tags = 60000, strips = 400000;
    const auto number = [](std::uint64_t value, unsigned width) {
        return std::string(reinterpret_cast<const char*>(&value), width);
    };
    const auto tag = [&](std::uint64_t name, std::uint64_t count, std::uint64_t value) {
        return number(name, 2) + number(4, 2) + number(count, 4) + number(value, 4);
    };
    const std::uint64_t values = 10 + 12 * (tags + 4);
    std::string tiff = "II*\0"s + number(8, 4) + number(tags + 4, 2);
    for (std::size_t i = 0; i < tags; ++i) {
        tiff += tag(1, 1, 0);
    }
    tiff += tag(256, 1, 9) + tag(257, 1, 9) + tag(273, strips, values) + tag(279, strips, values);
    for (std::size_t i = 0; i < strips; ++i) {
        tiff += number(8, 4);
    }
    const auto start = core::now();
    CHECK(reason(tiff) == "");
    CHECK(core::Seconds(core::now() - start).count() < 5);
}
