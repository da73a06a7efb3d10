// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "core/clock.hpp"

namespace graft::data {

// Runs tasks 0 .. count-1 in child processes, so that a crash takes one task and not the program.
//
// Each child is a fork of the caller without exec: it sees the caller's memory as it was, so a task
// is only a number. Results go through memory shared with the parent, a fixed number of slots per
// child; a slot is used again when its result was taken, which bounds memory and keeps the order.
// The caller must have no other threads running.
struct PoolSettings {
    int workers = 1;
    int slots_per_worker = 16;
    std::uint64_t slot_bytes = 0;
    // A child that takes longer for a task is killed.
    core::Seconds time_limit{300};
};

// In the child. An exception that leaves it counts as a crash.
using TaskWork = std::function<void(std::uint64_t task, std::span<std::uint8_t> slot)>;

// In the parent, in the order of the tasks. `crash` is empty, or says how the child ended: a task
// is tried twice before it is given up, so that a child killed from outside costs nothing. Returns
// whether to go on.
using TaskSink = std::function<bool(std::uint64_t task, std::span<const std::uint8_t> slot,
                                    const std::string& crash)>;

// Throws SystemError when children cannot be started; what the sink throws passes through. No child
// is left either way.
void run_tasks(std::uint64_t count, const PoolSettings& settings, const TaskWork& work,
               const TaskSink& sink);

}  // namespace graft::data
