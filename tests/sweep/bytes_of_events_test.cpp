// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/bytes.hpp"

#include "sweep/event.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;

namespace {

// The kind of number `Kind`, at a time, as the journal has it.
template <std::size_t Kind>
std::string bytes_of_kind(core::WallTime time) {
    std::variant_alternative_t<Kind, sweep::Event> event{};
    event.time = time;
    return core::encode(sweep::Event(event));
}

}  // namespace

// The search for what follows a bad group knows groups by that (sweep/journal.cpp).
TEMPLATE_TEST_CASE_SIG("an event of any kind begins with its kind and its time", "",
                       ((std::size_t Kind), Kind), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
                       14) {
    STATIC_REQUIRE(std::variant_size_v<sweep::Event> == 15);
    constexpr core::WallTime time{0x0102030405060708};
    CHECK(bytes_of_kind<Kind>(time).substr(0, 9) == static_cast<char>(Kind) + core::encode(time));
}

TEST_CASE("an event reads back as it was written, NaN included") {
    const auto trial = tests::planned_trial();
    auto save = tests::save_recorded(7, sweep::trial_id(trial.spec), 2);
    const auto bytes = core::encode(sweep::Event(save));
    const auto back = std::get<sweep::SaveRecorded>(core::decode<sweep::Event>(bytes));
    CHECK(core::encode(sweep::Event(back)) == bytes);
    CHECK(back.save.members[0].rows[0].train_loss == 0.5);
    CHECK(std::isnan(back.save.members[0].rows[0].validation.loss));
}

TEST_CASE("a cut event is refused at every length") {
    const auto bytes = core::encode(sweep::Event(tests::planned({tests::planned_trial()})));
    for (std::size_t n = 0; n < bytes.size(); ++n) {
        CHECK_THROWS_AS(core::decode<sweep::Event>(bytes.substr(0, n)), core::DecodeError);
    }
}
