// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "core/clock.hpp"
#include "core/file.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "end_to_end/small_sweep.hpp"
#include "support/catch.hpp"

namespace graft::tests {

// What its journal says; nothing when it was not begun.
inline sweep::Record record_of(const SmallSweep& small) {
    sweep::Record record;
    if (std::filesystem::exists(small.sweep() + "/journal")) {
        sweep::read_journal(small.sweep(), [&](const sweep::Event& event) { record.apply(event); });
    }
    return record;
}

// All numbers of a sweep that must not depend on where it ran, and on what happened on the way.
inline std::string numbers_of(const SmallSweep& small) {
    std::string numbers;
    const auto record = record_of(small);
    for (auto trial : record.trials()) {
        for (auto& row : trial.rows) {
            row.seconds = row.images_per_second = 0;
        }
        REQUIRE(sweep::result_of(trial.state));
        const auto& result = *sweep::result_of(trial.state);
        numbers += trial.id.text() + core::encode(trial.rows) + core::encode(result.test) +
                   result.weights.hash;
    }
    return numbers;
}

// Where the programs of this build are.
inline std::filesystem::path programs() {
    return core::own_executable().parent_path();
}

// A `graft run` under way.
inline core::Child start(const SmallSweep& small, const std::filesystem::path& bin = programs()) {
    core::Spawn spawn;
    spawn.arguments = {(bin / "graft").string(), "run", small.file()};
    return core::spawn(spawn);
}

// Waits until the record says so; a test that waits a minute has failed.
template <class Said>
void wait_until(const SmallSweep& small, Said said) {
    for (int i = 0; i < 3000; ++i) {
        if (said(record_of(small))) {
            return;
        }
        core::sleep_for(core::Seconds(0.02));
    }
    FAIL("the sweep did not get there in a minute");
}

// The first trial's trainer has begun.
inline bool begun(const sweep::Record& record) {
    return !record.trials().empty() && !record.trials()[0].attempts.empty() &&
           !record.trials()[0].attempts[0].numerics.empty();
}

}  // namespace graft::tests
