// SPDX-License-Identifier: Apache-2.0
// Loads the module with MPI in it; this file does not know MPI.
#include <array>

#include <dlfcn.h>

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/mpi/communicator.hpp"
#include "core/process.hpp"

namespace graft::mpi {

core::fs::path installed_module(const core::fs::path& prefix) {
    return prefix / GRAFT_MODULE_DIRECTORY / "graft-mpi.so";
}

core::fs::path module_file() {
    const auto here = core::own_executable().parent_path();
    const auto beside = here / "graft-mpi.so";
    const auto installed = installed_module(here / "..");
    for (const auto& path : {beside, installed}) {
        std::error_code error;
        if (core::fs::exists(path, error)) {
            return path;
        }
    }
    core::fail_input(
        "cannot find the module '{}' (graft was started by mpirun or srun). Install "
        "it, or start graft alone.",
        installed.lexically_normal().string());
}

bool launched() {
    return core::env("OMPI_COMM_WORLD_SIZE") || core::env("PMIX_RANK");
}

std::unique_ptr<Communicator> join_world() {
    const auto path = module_file();
    // Global: Open MPI's own plugins look its symbols up. Never closed: MPI leaves threads behind.
    void* library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_GLOBAL);
    if (!library) {
        core::fail_input("cannot load '{}' ({}). Load the MPI that graft was built with.",
                         path.string(), ::dlerror());
    }
    using Factory = Communicator* (*)();
    const auto factory = reinterpret_cast<Factory>(::dlsym(library, "graft_mpi_join_world"));
    if (!factory) {
        core::fail_input("'{}' is no module of graft ({}). Install graft again.", path.string(),
                         ::dlerror());
    }
    return std::unique_ptr<Communicator>(factory());
}

}  // namespace graft::mpi
