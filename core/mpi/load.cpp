// SPDX-License-Identifier: Apache-2.0
// Loads the module with MPI in it; this file does not know MPI.
#include "core/env.hpp"
#include "core/module.hpp"
#include "core/mpi/communicator.hpp"

namespace graft::mpi {

namespace {

// Global: Open MPI's own plugins look its symbols up. Never unloaded: MPI leaves threads behind.
const core::Module& module() {
    static const core::Module value{
        "graft-mpi", "graft was started by mpirun or srun",
        "Install it and load the MPI that graft was built with, or start graft alone.", true};
    return value;
}

}  // namespace

std::filesystem::path installed_module(const std::filesystem::path& prefix) {
    return core::installed_module(prefix, module());
}

std::filesystem::path module_file() {
    return core::module_file(module());
}

bool launched() {
    return core::env("OMPI_COMM_WORLD_SIZE") || core::env("PMIX_RANK");
}

std::unique_ptr<Communicator> join_world() {
    using Factory = Communicator* (*)();
    const auto factory =
        reinterpret_cast<Factory>(core::module_symbol(module(), "graft_mpi_join_world"));
    return std::unique_ptr<Communicator>(factory());
}

}  // namespace graft::mpi
