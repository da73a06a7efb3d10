// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_id.hpp"

#include "core/bytes.hpp"
#include "core/error.hpp"

#include "support/catch.hpp"

using namespace graft;
using sweep::TrialId;

TEST_CASE("a trial's name is read as it is written") {
    for (const std::string text : {"0123456789abcdef", "fedcba9876543210", "0000000000000000",
                                   "000000000000000f", "ffffffffffffffff"}) {
        CHECK(TrialId(text).text() == text);
    }
    CHECK(TrialId("00000000000000ff").number() == 255);
    CHECK(TrialId().text() == "0000000000000000");
}

TEST_CASE("what is no trial's name is refused, and said to be none") {
    for (const std::string text :
         {"", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF", "0123456789abcdeg",
          " 123456789abcdef", "0x23456789abcdef", "+123456789abcdef"}) {
        INFO(text);
        CHECK_FALSE(TrialId::parse(text));
        CHECK_THROWS_AS(TrialId(text), core::InputError);
    }
    CHECK_THROWS_WITH(TrialId("abc"), ContainsSubstring("'abc' is no trial's name (it is 16 "
                                                        "digits"));
    CHECK(TrialId::parse("0123456789abcdef") == TrialId("0123456789abcdef"));
}

TEST_CASE("names are ordered as their texts") {
    const std::vector<std::string> texts{"0000000000000000", "00000000000000a0",
                                         "0123456789abcdef", "7fffffffffffffff",
                                         "8000000000000000", "ffffffffffffffff"};
    for (std::size_t i = 0; i + 1 < texts.size(); ++i) {
        CHECK((TrialId(texts[i]) < TrialId(texts[i + 1])) == (texts[i] < texts[i + 1]));
    }
}

TEST_CASE("a name is encoded as the text that it was before") {
    const std::string text = "0123456789abcdef";
    const TrialId id(text);
    CHECK(core::encode(id) == core::encode(text));
    CHECK(core::decode<TrialId>(core::encode(text)) == id);
    for (const std::string other :
         {"", "0123456789abcdeX", "0123456789abcde", "0123456789abcdef0"}) {
        CHECK_THROWS_AS(core::decode<TrialId>(core::encode(other)), core::DecodeError);
    }
}
