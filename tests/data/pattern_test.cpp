// SPDX-License-Identifier: Apache-2.0
#include "data/pattern.hpp"

#include "core/clock.hpp"

#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;
using data::Pattern;
using Parts = Pattern::Parts;

TEST_CASE("parts take what the text between them leaves") {
    CHECK(Pattern("{class}.{id}.jpg", "images").match("cat.0.jpg") ==
          Parts{{"class", "cat"}, {"id", "0"}});
    CHECK(Pattern("{class}.{id}.jpg", "images").match("cat.a.b.jpg") ==
          Parts{{"class", "cat"}, {"id", "a.b"}});
    CHECK(Pattern("{id}_{channel}.png", "images").match("ab_cd_red.png") ==
          Parts{{"id", "ab_cd"}, {"channel", "red"}});
    CHECK(Pattern("{group}_{eye}", "group").match("1_2_left") ==
          Parts{{"group", "1_2"}, {"eye", "left"}});
    CHECK(Pattern("x*-{id}", "images").match("x-7") == Parts{{"id", "7"}});
}

TEST_CASE("a text that does not fit matches nothing") {
    CHECK_FALSE(Pattern("{id}.jpg", "images").match("a.png"));
    CHECK_FALSE(Pattern("{id}.jpg", "images").match(".jpg"));
    CHECK_FALSE(Pattern("train", "images").match("trains"));
    CHECK(Pattern("train", "images").is_literal());
}

TEST_CASE("a pattern that cannot be read is refused") {
    const auto message = [](const std::string& text) {
        return tests::input_error([&] { const Pattern pattern(text, "images"); });
    };
    CHECK_THAT(message("{id"), ContainsSubstring("a brace that is not closed"));
    CHECK_THAT(message("{id}{class}"), ContainsSubstring("two parts side by side"));
    CHECK_THAT(message("{id}_{id}"), ContainsSubstring("given twice"));
    CHECK_THAT(message("{}"), ContainsSubstring("empty or given twice"));
}

TEST_CASE("a pattern of many stars against a long name takes no time") {
    std::string stars;
    for (int i = 0; i < 40; ++i) {
        stars += "*a";
    }
    const auto start = core::now();
    CHECK_FALSE(Pattern(stars + "{id}b", "images").match(std::string(255, 'a')));
    CHECK(Pattern(stars + "{id}", "images").match(std::string(255, 'a')) ==
          Parts{{"id", std::string(215, 'a')}});
    CHECK(core::Seconds(core::now() - start).count() < 5);
}

TEST_CASE("names and patterns longer than file systems have are told, or match nothing") {
    CHECK_FALSE(Pattern("{id}", "images").match(std::string(256, 'a')));
    CHECK_THAT(tests::input_error([] { Pattern(std::string(1001, 'a'), "images"); }),
               ContainsSubstring("is 1001 bytes long (at most 1000 are taken)"));
}
