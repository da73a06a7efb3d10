// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "scheduler/state.hpp"

namespace graft::scheduler {

// What is known of a sweep from outside, beside its record.
struct Outside {
    core::WallTime now;
    bool runs = false;  // a coordinator has it
    sweep::RunSettings run;
    // The prepared file is there.
    std::function<bool(const sweep::DatasetReady&)> there;
};

// The coordinator's state as far as the record tells it, made by the coordinator's own rules:
// queue, costs, datasets, and the slots that had work since the last start, charged for how their
// attempts ended. Slots that have had no work yet the coordinator alone knows. Instants count from
// the epoch of the wall clock.
State state_from_outside(const sweep::Record& record, const Outside& outside);

// The trial waits for a slot; also when it ran while its coordinator went away, and no other came.
bool waits_for_work(const sweep::Trial& trial, const Outside& outside);

// Between wall clock and the instants of such a state.
core::Instant instant_of(core::WallTime time);
core::WallTime wall_of(core::Instant instant);

}  // namespace graft::scheduler
