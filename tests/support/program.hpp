// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/process.hpp"

namespace graft::tests {

// What became of a program that was run to its end.
struct Ran {
    int code = 0;        // exit code; 128 + signal when killed
    std::string output;  // standard output and standard error
};

inline Ran ran(const std::vector<std::string>& arguments) {
    core::Spawn spawn;
    spawn.arguments = {"sh", "-c", "exec \"$@\" 2>&1", "sh"};
    spawn.arguments.insert(spawn.arguments.end(), arguments.begin(), arguments.end());
    const auto finished = core::run_to_end(spawn);
    if (const auto* signalled = std::get_if<core::Signalled>(&finished.status)) {
        return {128 + signalled->signal, finished.output};
    }
    return {std::get<core::Exited>(finished.status).code, finished.output};
}

// Runs the graft of this build.
inline Ran graft(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), (core::own_executable().parent_path() / "graft").string());
    return ran(arguments);
}

}  // namespace graft::tests
