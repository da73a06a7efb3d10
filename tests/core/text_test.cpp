// SPDX-License-Identifier: Apache-2.0
#include "core/text.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"

using namespace graft::core;

using Texts = std::vector<std::string>;

TEST_CASE("nearest names a likely misspelling and nothing far away") {
    CHECK(nearest("eppchs", {"epochs", "freeze"}) == "epochs");
    CHECK(nearest("zzzz", {"epochs", "freeze"}).empty());
    CHECK(nearest("freze", {"epochs", "freeze"}) == "freeze");
    CHECK(nearest("seed", {"speed", "seed"}) == "seed");
    CHECK(nearest("anything", {}).empty());
}

TEST_CASE("split and join are each other's inverse") {
    CHECK(split("a,b,,c,", ',') == Texts{"a", "b", "", "c", ""});
    CHECK(split("", ',') == Texts{""});
    CHECK(join({"a", "b"}) == "a, b");
    CHECK(join({}).empty());
    CHECK(join(split("x/y/z", '/'), "/") == "x/y/z");
}

TEST_CASE("numbers are read whole or not at all") {
    CHECK(parse_double("1e-5") == 1e-5);
    CHECK(parse_double("-.5") == -0.5);
    CHECK(parse_int("-42") == -42);
    for (const char* wrong : {"", " 1", "1 ", "1x", "1,5", "+", "0x10"}) {
        INFO(wrong);
        CHECK_FALSE(parse_double(wrong));
        CHECK_FALSE(parse_int(wrong));
    }
    CHECK_FALSE(parse_int("1.0"));
    CHECK_FALSE(parse_int("9223372036854775808"));
}

TEST_CASE("the shortest text of a double reads back as the same double") {
    CHECK(shortest(1e-5) == "1e-05");
    CHECK(shortest(0.1) == "0.1");
    for (const double value : {1.0 / 3, 1e300, 5e-324, -0.0, 123456789.125, 1e22}) {
        CHECK(parse_double(shortest(value)) == value);
    }
}

TEST_CASE("a count is said in words") {
    CHECK(counted(1, "trial") == "1 trial");
    CHECK(counted(0, "trial") == "0 trials");
    CHECK(counted(3, "trial") == "3 trials");
}

TEST_CASE("sizes and durations are shown in the unit that fits") {
    CHECK(bytes_text(0) == "0 B");
    CHECK(bytes_text(1023) == "1023 B");
    CHECK(bytes_text(1536) == "1.5 KiB");
    CHECK(bytes_text(3ULL << 40) == "3.0 TiB");
    CHECK(duration_text(0) == "0.0 s");
    CHECK(duration_text(9.94) == "9.9 s");
    CHECK(duration_text(59.6) == "60 s");
    CHECK(duration_text(125) == "2 min 05 s");
    CHECK(duration_text(2 * 3600 + 5 * 60) == "2 h 05 min");
    CHECK(duration_text(50 * 3600) == "2 d 02 h");
}

TEST_CASE("a text from anywhere can be shown without steering the terminal") {
    CHECK(printable("plain, \xC3\xA9 and \xE2\x80\xA6") == "plain, \xC3\xA9 and \xE2\x80\xA6");
    CHECK(printable("\x1b[2J\x1b[1;31mred\x1b[0m") == "red");
    CHECK(printable("\x1b]0;title\x07text\x1b]8;;http://x\x1b\\link") == "textlink");
    CHECK(printable("a\tb\nc\r\b\x7f") == "a bc");
    CHECK(printable("\xC2\x9B"
                    "31m") == "31m");                          // CSI as one character
    CHECK(printable("left\xE2\x80\xAEright") == "leftright");  // turns the direction
    CHECK(printable("\xff\xC0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(printable("cut \xE2\x80") == "cut \xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(printable("\x1b") == "");
    CHECK(printable("\xC3\xA9\xC3\xA9\xC3\xA9", 2) == "\xC3\xA9\xC3\xA9…");
    CHECK(printable("ab", 2) == "ab");
}

TEST_CASE("a name from outside is shown in one line and cut") {
    CHECK(escaped("caf\xC3\xA9 1.png") == "caf\xC3\xA9 1.png");
    CHECK(escaped(std::string_view("a\nb\0\x1b[2J\x7f", 9)) == "a\\x0ab\\x00\\x1b[2J\\x7f");
    CHECK(escaped("abcdef", 3) == "abc...");
    // CSI as one character, one that turns the direction, and a byte that is no UTF-8.
    CHECK(escaped("a\xC2\x9B"
                  "31m\xE2\x80\xAE") == "a\\xc2\\x9b31m\\xe2\\x80\\xae");
    CHECK(escaped("\xFF") == "\\xff");
}
