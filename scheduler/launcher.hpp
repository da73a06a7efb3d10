// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace graft::scheduler {

// Where a job of several ranks is to be started, as far as it matters for the command line.
struct Site {
    bool srun_pmix = false;     // inside a SLURM allocation whose srun knows pmix
    int nodes = 1;              // of the allocation; 1 outside of one
    std::string cpus_per_task;  // asked for in the allocation; srun does not inherit it; or empty
};
Site this_site();

// The whole command line. Without recovery mpirun would abort all ranks with one; unless told not
// to it binds each rank, and with it its trainers, to one core.
std::vector<std::string> launch_command(const Site& site, int ranks,
                                        const std::vector<std::string>& arguments);

// "MPI plugin types are..." of `srun --mpi=list` names pmix.
bool names_pmix(const std::string& plugins);

}  // namespace graft::scheduler
