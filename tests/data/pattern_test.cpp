// SPDX-License-Identifier: Apache-2.0
#include "data/pattern.hpp"

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
