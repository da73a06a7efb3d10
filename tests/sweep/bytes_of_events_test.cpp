// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/bytes.hpp"
#include "core/hash.hpp"

#include "sweep/event.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;

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

TEST_CASE("the encoding of journal format 1 does not change unnoticed") {
    // A changed hash means that old journals no longer read: raise kJournalFormat and keep reading
    // the old one.
    const auto trial = tests::planned_trial();
    const auto id = sweep::trial_id(trial.spec);
    const std::vector<sweep::Event> events{
        tests::started(5), tests::planned({trial}), tests::attempt_started(1, id),
        tests::save_recorded(1, id, 1), tests::attempt_ended(1, sweep::Crashed{11, 0})};
    CHECK(core::content_hash(core::encode(events)) == "c9183a955c317c22af17d3c540b8e6eb");
}
