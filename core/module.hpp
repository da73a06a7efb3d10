// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace graft::core {

// A part of the program that few starts need, with the libraries that only it needs: a shared
// object of our own, loaded when it is wanted and never unloaded.
struct Module {
    std::string name;        // of its file without ".so"
    std::string is_for;      // why it is wanted: "graft was started by mpirun or srun"
    std::string way_out;     // what to do when it is not there, or cannot be loaded
    bool is_global = false;  // whether its own plugins look its symbols up
};

// Where it lies under an installation's prefix (".../bin/graft" has the prefix "...").
std::filesystem::path installed_module(const std::filesystem::path& prefix, const Module& module);
// Where this program finds it: beside itself, as in a build folder, else as installed. Throws
// InputError when it is in neither place.
std::filesystem::path module_file(const Module& module);
// The address of what it exports as `symbol`; loads it at the first call. Throws InputError when
// that fails.
void* module_symbol(const Module& module, const char* symbol);

}  // namespace graft::core
