// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

namespace graft::slurm {

// The SLURM job that this process runs in.
struct Allocation {
    std::string job;  // its id
    int nodes = 1;
    std::string cpus_per_task;  // as asked for; srun does not inherit it (from 22.05 on); or empty
    std::optional<core::WallTime> end = std::nullopt;  // where SLURM names it in the environment
};
// Nothing outside of a job.
std::optional<Allocation> this_allocation();

// When the job ends by its time limit: from the environment, else squeue is asked. Nothing when
// neither knows it.
std::optional<core::WallTime> end_of(const Allocation& allocation);

// True when this machine's srun can start MPI ranks by pmix: the only way that Open MPI 4.1 starts
// under srun.
bool srun_knows_pmix();
// "MPI plugin types are..." of `srun --mpi=list` names pmix.
bool names_pmix(const std::string& plugins);

// What is put before a program to start `ranks` of it, evenly over the nodes.
std::vector<std::string> srun_command(const Allocation& allocation, int ranks);

}  // namespace graft::slurm
