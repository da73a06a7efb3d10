// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "commands/node_check.hpp"
#include "commands/study.hpp"

namespace graft::commands {

// What the short job is asked for.
struct NodeOptions {
    std::optional<int> nodes;  // none: one, or inside a job all of its
    std::optional<int> gpus_per_node, cpus_per_task;
    std::string partition, account;  // empty: the site's default
    std::string time = "00:10:00";
    std::vector<std::string> more;   // further options for sbatch, as they are
    std::vector<std::string> lines;  // of the script: modules, environment
};

struct CheckedNodes {
    enum class Where { here, job };
    std::vector<NodeAnswer> nodes;
    std::vector<sweep::StepRequest> steps;
};

// Looks at nodes and times the study's steps there: on this machine, in the job that this process
// runs in, or in one that is sent and waited for (what happens to it goes to standard error). The
// times are kept in <sweep>/check/steps.csv. Throws InputError with what to type when there is no
// SLURM, or it refuses the job, and SystemError naming the log when the job ended without an
// answer.
CheckedNodes check_nodes(const Study& study, CheckedNodes::Where where, const NodeOptions& options);

}  // namespace graft::commands
