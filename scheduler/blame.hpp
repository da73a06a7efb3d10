// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scheduler/outbox.hpp"
#include "scheduler/retry.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// What the end of an attempt means for its slots; part of the reactor. The rules are the table in
// retry.hpp.

// Frees the slots of a flight that has ended (it is no longer among state.flights) and charges
// them, their rank, their devices or their host.
void settle_slots(State& state, Outbox& outbox, const Flight& flight, Blame blame,
                  const std::string& why, Moment moment);

// No other flight has a part of its devices.
bool has_devices_alone(const State& state, const Flight& flight);

// A save was recorded: the counters of its slots and its rank start again.
void forgive_slots(State& state, const Flight& flight);

// Marks the slots of a rank that said hello whose devices failed in the last days.
void suspect_slots(State& state, Rank rank, core::WallTime wall);

// Slots whose devices were busy take work again when their time has come.
void wake_slots(State& state, core::Instant now);

}  // namespace graft::scheduler
