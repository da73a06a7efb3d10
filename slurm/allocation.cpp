// SPDX-License-Identifier: Apache-2.0
#include "slurm/allocation.hpp"

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

#include "slurm/client.hpp"

namespace graft::slurm {

std::optional<Allocation> this_allocation() {
    const auto job = core::env("SLURM_JOB_ID");
    if (!job) {
        return std::nullopt;
    }
    const auto nodes = core::parse_int(core::env("SLURM_JOB_NUM_NODES").value_or("1"));
    Allocation allocation{*job, static_cast<int>(nodes.value_or(1)),
                          core::env("SLURM_CPUS_PER_TASK").value_or("")};
    // In seconds since 1970; newer versions of SLURM set it (22.05 does not).
    if (const auto end = core::parse_int(core::env("SLURM_JOB_END_TIME").value_or(""))) {
        allocation.end = core::WallTime{*end * 1'000'000};
    }
    return allocation;
}

std::optional<core::WallTime> end_of(const Allocation& allocation) {
    if (allocation.end) {
        return allocation.end;
    }
    const auto jobs = ask({allocation.job});
    return jobs && !jobs->empty() ? jobs->front().end : std::nullopt;
}

bool srun_knows_pmix() {
    try {
        core::Spawn list;
        list.arguments = {"srun", "--mpi=list"};
        // srun writes the list to standard error.
        return names_pmix(core::run_to_end(list, core::Taken::output_and_errors).output);
    } catch (const core::Error&) {
        return false;
    }
}

bool names_pmix(const std::string& plugins) {
    return plugins.find("pmix") != std::string::npos;
}

std::vector<std::string> srun_command(const Allocation& allocation, int ranks) {
    const int per_node = (ranks + allocation.nodes - 1) / allocation.nodes;
    std::vector<std::string> command{"srun", "--mpi=pmix", "-n", fmt::format("{}", ranks),
                                     fmt::format("--ntasks-per-node={}", per_node)};
    if (!allocation.cpus_per_task.empty()) {
        command.push_back("--cpus-per-task=" + allocation.cpus_per_task);
    }
    return command;
}

}  // namespace graft::slurm
