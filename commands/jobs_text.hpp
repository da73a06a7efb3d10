// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

#include "slurm/chain.hpp"
#include "slurm/client.hpp"

namespace graft::commands {

// The jobs of a sweep: what they wrote down themselves, and what SLURM says of them.
struct JobsView {
    std::vector<slurm::ChainJob> written;          // in the order in which they were sent
    std::optional<std::vector<slurm::Job>> known;  // none: SLURM does not answer here
    core::WallTime now;
    std::optional<double> seconds_left;  // of work, with the slots of the last start
    bool stopped = false;                // 'graft stop' keeps further jobs from working
};
// Asks SLURM, when any job was sent.
JobsView jobs_of(const std::filesystem::path& sweep, core::WallTime now);
// The same of several sweeps, with one question to SLURM.
std::vector<JobsView> jobs_of(const std::vector<std::filesystem::path>& sweeps, core::WallTime now);

// A line per job that waits or runs, or the last one's end; how many more jobs the work left takes.
// Empty when no job was ever sent.
std::string jobs_text(const JobsView& view);
// The job that runs, else the one that waits first, in half a sentence; empty: neither.
std::string active_job_text(const JobsView& view);
// {"slurm_answers": ..., "stopped": ..., "jobs": [...], "more_jobs": ...}
std::string jobs_json(const JobsView& view);

// Jobs like the last one, after those that run now, until the work is done; nothing when either the
// work left or the time limit is not known. A start and a drain take a twentieth of each.
std::optional<int> more_jobs(const JobsView& view);

}  // namespace graft::commands
