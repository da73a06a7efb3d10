// SPDX-License-Identifier: Apache-2.0
#include <cmath>

#include "core/bytes.hpp"

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
