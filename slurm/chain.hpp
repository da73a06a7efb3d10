// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

namespace graft::slurm {

// The jobs that were sent for one sweep, a file <sweep>/jobs/<id> each, written whole by rename: by
// whoever sent the job, and again by the job itself when it starts and ends. So a login node knows
// them, and each job its successors, although no two of them ever talk to each other.
struct ChainJob {
    std::string id;
    core::WallTime sent;
    std::string after;      // waits for the end of that job; empty: for none
    double time_limit = 0;  // seconds; 0: not known
    // Since its last start (a requeued job starts several times):
    std::optional<core::WallTime> started;
    std::int64_t saves = 0;  // in the journal when it started
    std::optional<core::WallTime> ended;
    std::string ending;  // in words
    bool operator==(const ChainJob&) const = default;
};

// Chained jobs of this sweep leave at once while this file is there: `graft stop` makes it, whoever
// sends or runs the sweep by hand removes it.
std::filesystem::path stopped_mark(const std::filesystem::path& sweep);

std::filesystem::path jobs_directory(const std::filesystem::path& sweep);
void write_job(const std::filesystem::path& sweep, const ChainJob& job);
std::optional<ChainJob> read_job(const std::filesystem::path& sweep, const std::string& id);
// All of them, in the order in which they were sent. Files that cannot be read are left out.
std::vector<ChainJob> read_jobs(const std::filesystem::path& sweep);

// "key value" lines.
std::string to_text(const ChainJob& job);
ChainJob parse_job(const std::string& text);

}  // namespace graft::slurm
