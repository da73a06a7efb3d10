// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace graft::scheduler {

// What is put before a program to start `ranks` of it by Open MPI, evenly over the nodes. Without
// recovery mpirun would abort all ranks with one; unless told not to it binds each rank, and with
// it its trainers, to one core.
std::vector<std::string> mpirun_command(int ranks, int nodes);

}  // namespace graft::scheduler
