// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scheduler/run.hpp"
#include "slurm/allocation.hpp"
#include "slurm/chain.hpp"
#include "slurm/client.hpp"

namespace graft::commands {

// `graft run DIR --ranks N --chain SCRIPT|sent`, the last line of a batch script: one job of a
// chain that goes on until the sweep is done. The job writes down that it runs, sends SCRIPT again
// as its follow-up before the work starts ("sent": all jobs of the chain were sent beforehand),
// works, and cancels the jobs that wait when there is nothing left for them.

inline constexpr const char* kAlreadySent = "sent";

struct ChainOptions {
    std::filesystem::path sweep;  // its directory
    std::string script;           // to send again, or kAlreadySent
    slurm::Allocation job;        // this one
};

// Returns the exit code of the job: that of the work; 0 when the work was drained and another job
// goes on, so that no site counts this one as failed; 75 when nobody goes on.
int run_in_chain(const ChainOptions& options, const std::function<scheduler::RunResult()>& work);

// Jobs of the sweep that wait, by SLURM's word; nothing when it cannot be asked.
std::optional<std::vector<slurm::Job>> waiting_jobs(const std::filesystem::path& sweep);

// Cancels the jobs that wait and says so. Returns false, and says what to type, when SLURM could
// not be asked or refused.
bool cancel_waiting(const std::filesystem::path& sweep, const std::string& why);

// ---- pure parts

// Why no later job of the chain would have anything to do; empty: one has.
std::string chain_is_over(const scheduler::RunResult& result, bool stopped, int fruitless);

}  // namespace graft::commands
