// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/clock.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "scheduler/holder.hpp"
#include "scheduler/observer.hpp"

namespace graft::scheduler {

// A sweep that is ours: its record, and the journal segment that we alone write.
struct Taken {
    sweep::Record record;
    sweep::JournalWriter journal;
    Holder holder;  // we
};

// Who wants a sweep.
struct Claim {
    std::string start_id;
    std::string job;                 // of the batch system; may be empty
    core::Seconds counter_every{5};  // counter_every()
    // Called several times a second while it waits for another holder; false: wait no longer.
    std::function<bool()> go_on;
};

// Makes sure that nobody else runs the sweep, waiting where that cannot be known otherwise, and
// takes it. Nothing when it was asked to wait no longer. Throws InputError, and leaves nothing
// behind, when the sweep is being run on this host, or someone else took it first.
std::optional<Taken> take_over(const core::fs::path& sweep, const Claim& claim, Observer& observer);

// 16 hexadecimal digits, different at every start.
std::string new_start_id();

}  // namespace graft::scheduler
