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
    int fruitless = 0;       // starts in a row just before that one that saved nothing
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
std::vector<std::string> ids_of(const std::vector<ChainJob>& jobs);

// A chain ends after so many starts in a row that saved nothing: whatever is wrong, the next job
// would meet it again.
constexpr int kFruitlessUntilEnd = 2;
// The job is at its start, with so many saves in the journal: its file from now on. `before`: as
// far as it is known; what it follows is looked up in `jobs`. One that follows none (the user sent
// it) begins to count anew; one that was requeued follows itself.
ChainJob started(ChainJob before, const std::vector<ChainJob>& jobs, core::WallTime now,
                 std::int64_t saves);
// Starts in a row that saved nothing, with that of `job` as if it ended with so many saves.
int fruitless_after(const ChainJob& job, std::int64_t saves);

// "key value" lines.
std::string to_text(const ChainJob& job);
ChainJob parse_job(const std::string& text);

}  // namespace graft::slurm
