// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace graft::slurm {

// A short job that runs one command on the batch node of a few nodes.
struct NodeJob {
    int nodes = 1;
    std::optional<int> gpus_per_node, cpus_per_task;
    std::string partition, account;  // empty: the site's default
    std::string time = "00:10:00";
    std::vector<std::string> options;  // further lines for sbatch, as they are: "--qos=debug"
    std::vector<std::string> lines;    // before the command: modules, environment
    std::filesystem::path log;
    std::vector<std::string> command;  // [0]: the program, absolute
};

// One task per node, one line to run.
std::string node_script(const NodeJob& job);

// Sends it, calls `tell` with a line when its state changes, and returns when SLURM does not know
// it as waiting or running any more; false when `go_on` said so first: then it was cancelled. A
// SLURM that does not answer for a while is asked again. Throws as slurm::send() does.
using Tell = std::function<void(const std::string& line)>;
using GoOn = std::function<bool()>;
bool run_node_job(const NodeJob& job, const std::filesystem::path& script, const Tell& tell,
                  const GoOn& go_on);

}  // namespace graft::slurm
