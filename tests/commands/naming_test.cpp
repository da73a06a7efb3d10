// SPDX-License-Identifier: Apache-2.0
#include "commands/naming.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

namespace {

// Enough trials that some ids begin alike.
sweep::Record many() {
    tests::RecordBuilder builder;
    for (int seed = 1; seed <= 40; ++seed) {
        builder.plan(tests::planned("mobilenet", "retina", "random", seed));
    }
    return builder.record();
}

std::string refusal(const sweep::Record& record, const std::string& name) {
    try {
        named_trial(record, name, "study");
    } catch (const core::InputError& error) {
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("a trial is named by its id, or by a beginning that no other has") {
    const auto record = many();
    for (const auto& trial : record.trials()) {
        CHECK(named_trial(record, trial.id.text(), "study").id == trial.id);
        CHECK(named_trial(record, trial.id.text().substr(0, 12), "study").id == trial.id);
    }
}

TEST_CASE("a beginning that several ids have names some of them") {
    const auto record = many();
    // Forty ids, sixteen first digits.
    const auto& first = record.trials()[0].id.text();
    std::string digit;
    for (const auto& trial : record.trials()) {
        const auto begins = [&](const auto& other) {
            return other.id.text()[0] == trial.id.text()[0];
        };
        if (std::count_if(record.trials().begin(), record.trials().end(), begins) > 3) {
            digit = trial.id.text().substr(0, 1);
        }
    }
    REQUIRE_FALSE(digit.empty());
    const auto text = refusal(record, digit);
    CHECK_THAT(text, ContainsSubstring("trial '" + digit + "' could be any of "));
    CHECK_THAT(text, ContainsSubstring("(mobilenet, retina, random, freeze 0, seed "));
    CHECK_THAT(text, ContainsSubstring("; and "));
    CHECK_THAT(text, ContainsSubstring("Type more of it."));
    CHECK_THAT(refusal(record, ""), ContainsSubstring("no trial ''"));
    CHECK(refusal(record, first).empty());
}

TEST_CASE("an id that no trial has is told with the nearest, and where to find them") {
    const auto record = many();
    const auto& id = record.trials()[0].id.text();
    std::string wrong = id.substr(0, 10);
    wrong[5] = wrong[5] == '0' ? '1' : '0';
    const auto text = refusal(record, wrong);
    CHECK_THAT(text, ContainsSubstring("there is no trial '" + wrong + "'"));
    CHECK_THAT(text, ContainsSubstring("Did you mean " + id + " (mobilenet"));
    CHECK_THAT(text, ContainsSubstring("graft query study --columns trial,state"));
    CHECK_THAT(refusal(record, "zz"), !ContainsSubstring("Did you mean"));
}

}  // namespace graft::commands
