// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "commands/support_line.hpp"
#include "results/failures.hpp"
#include "scheduler/retry.hpp"

namespace graft::commands {

// What went wrong in a sweep, for people and for programs. Texts of errors and logs come from
// anywhere: nothing of them can steer a terminal.
struct FailuresView {
    std::string directory;  // as the user may type it
    const sweep::Record* record = nullptr;
    core::WallTime now;
    // The last lines of the trainer's log that belong to an attempt; none where there is no log.
    std::function<std::vector<std::string>(const sweep::Attempt&)> log_lines;
    // What is known of a device that failed; may be empty: nothing.
    DeviceFactsOf device_facts = {};
};

// The page of `graft status DIR --failures`.
std::string failures_text(const FailuresView& view);
std::string failures_json(const FailuresView& view);

// For the plain status: a line for each kind of trouble, and for each device set aside; empty when
// there is none. It ends with what shows more.
std::string failures_summary(const FailuresView& view);
// Devices that get no work for a while: "[{"device": ..., "until": ..., "support": ...}]".
std::string devices_json(const std::vector<scheduler::DeviceAside>& devices,
                         const sweep::Record& record, const DeviceFactsOf& facts = {});

// Reads the log of a sweep in `directory`; of a very long one the last part.
std::vector<std::string> read_log_lines(const std::filesystem::path& directory,
                                        const sweep::Attempt& attempt);

}  // namespace graft::commands
