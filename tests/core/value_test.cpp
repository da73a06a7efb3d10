// SPDX-License-Identifier: Apache-2.0
#include "core/value.hpp"

#include <cmath>

#include "core/error.hpp"

#include "support/catch.hpp"

using namespace graft::core;

namespace {

template <class T>
Value value(T data) {
    return {std::move(data), {"sweep.toml", 12}};
}

template <class Call>
std::string message_of(Call call) {
    try {
        call();
    } catch (const InputError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("a place names the line where there is one") {
    CHECK(Place{"sweep.toml", 12}.text() == "sweep.toml:12");
    CHECK(Place{"sweep.toml", 0}.text() == "sweep.toml");
}

TEST_CASE("a table finds its keys") {
    const Table table{{{"a", value(true)}, {"b", value(std::int64_t{3})}}};
    REQUIRE(table.find("b"));
    CHECK(as_int("b", table.find("b")->value, 0, 5) == 3);
    CHECK(table.find("c") == nullptr);
}

TEST_CASE("values are taken as what they are") {
    CHECK(as_bool("k", value(true)));
    CHECK(as_int("k", value(std::int64_t{5}), 5, 5) == 5);
    CHECK(as_double("k", value(std::int64_t{5}), 0, 10) == 5.0);
    CHECK(as_double("k", value(0.5), 0, 1) == 0.5);
    CHECK(as_string("k", value(std::string("t"))) == "t");
    CHECK(as_strings("k", value(std::string("t"))) == std::vector<std::string>{"t"});
    const List list{value(std::string("a")), value(std::string("b"))};
    CHECK(as_strings("k", value(list)) == std::vector<std::string>{"a", "b"});
}

TEST_CASE("what does not fit is refused with place, key, value and what was expected") {
    CHECK(message_of([] { as_int("epochs", value(std::int64_t{0}), 1, 1000); }) ==
          "sweep.toml:12: 'epochs' is 0 (expected a whole number from 1 to 1000). "
          "Correct the value.");
    const auto refused = [](auto call) { return message_of(call) != "no error"; };
    CHECK(refused([] { as_int("k", value(1.0), 0, 9); }));
    CHECK(refused([] { as_int("k", value(std::int64_t{10}), 0, 9); }));
    CHECK(refused([] { as_double("k", value(NAN), 0, 9); }));
    CHECK(refused([] { as_double("k", value(-0.1), 0, 9); }));
    CHECK(refused([] { as_double("k", value(std::string("1")), 0, 9); }));
    CHECK(refused([] { as_bool("k", value(std::int64_t{1})); }));
    CHECK(refused([] { as_string("k", value(true)); }));
    CHECK(refused([] { as_strings("k", value(List{value(true)})); }));
    CHECK(refused([] { as_strings("k", value(Table{})); }));
}

TEST_CASE("an unknown key or choice names the nearest known one and all of them") {
    const std::string key = message_of([] {
        fail_unknown_key({"eppchs", value(true)}, "[training]", {"epochs", "dropout"});
    });
    CHECK_THAT(key, ContainsSubstring("sweep.toml:12: unknown key 'eppchs' in [training]"));
    CHECK_THAT(key, ContainsSubstring("Did you mean 'epochs'?"));
    CHECK_THAT(key, ContainsSubstring("dropout"));
    const std::string choice = message_of([] {
        fail_choice("init", value(std::string("imagnet")), {"imagenet", "random"});
    });
    CHECK_THAT(choice, ContainsSubstring("'init' is 'imagnet'"));
    CHECK_THAT(choice, ContainsSubstring("Did you mean 'imagenet'?"));
    CHECK_THAT(choice, ContainsSubstring("imagenet, random"));
    CHECK_THAT(message_of([] { fail_choice("init", value(true), {"a"}); }),
               !ContainsSubstring("Did you mean"));
}
