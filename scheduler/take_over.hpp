// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

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

// Makes sure that nobody else runs the sweep, waiting where that cannot be known otherwise, and
// takes it. Throws InputError when it is being run on this host, or someone else took it first.
Taken take_over(const core::fs::path& sweep, const std::string& start_id, const std::string& job,
                Observer& observer);

// 16 hexadecimal digits, different at every start.
std::string new_start_id();

}  // namespace graft::scheduler
