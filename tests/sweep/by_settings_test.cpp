// SPDX-License-Identifier: Apache-2.0
#include "sweep/by_settings.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft::sweep;

TEST_CASE("what was made of settings is kept for who shares them, and goes by what they are") {
    BySettings<std::string> kept;
    int made = 0;
    const auto network = [&](const TrialSettings& settings) {
        ++made;
        return settings.network;
    };
    TrialSpec first = graft::tests::planned_trial(1).spec;
    TrialSpec second = first;
    second.seed = 2;
    CHECK(kept.of(first, network) == first->network);
    CHECK(kept.of(second, network) == first->network);
    CHECK(made == 1);
    second.edit().network = "another";
    CHECK(kept.of(second, network) == "another");
    first.edit().network = "a third";  // nobody else has it, but what was kept is of the old one
    CHECK(kept.of(first, network) == "a third");
    CHECK(made == 3);
}

TEST_CASE("more settings than are kept have their own all the same") {
    BySettings<std::string> kept;
    for (int i = 0; i < 10'000; ++i) {
        TrialSpec spec;
        spec.edit().network = std::to_string(i);
        const auto same = [](const TrialSettings& settings) { return settings.network; };
        REQUIRE(kept.of(spec, same) == std::to_string(i));
    }
}
