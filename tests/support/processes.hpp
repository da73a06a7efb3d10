// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"
#include "core/text.hpp"

namespace graft::tests {

// A file of /proc/<pid>; empty when the process has ended.
inline std::string proc_text(pid_t pid, const char* name) {
    try {
        return core::read_file_if_there(fmt::format("/proc/{}/{}", pid, name)).value_or("");
    } catch (const core::Error&) {
        return "";  // it ended meanwhile
    }
}

// Every process but ours whose command line names `directory`, or whose output goes there, as a
// trainer's does.
inline std::vector<pid_t> processes_of(const std::filesystem::path& directory) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto number = core::parse_int(entry.path().filename().string());
        if (!number || *number == core::own_pid()) {
            continue;
        }
        const auto pid = static_cast<pid_t>(*number);
        std::error_code error;
        const auto output = std::filesystem::read_symlink(entry.path() / "fd" / "1", error);
        if (proc_text(pid, "cmdline").find(directory.string()) != std::string::npos ||
            output.string().rfind(directory.string(), 0) == 0) {
            found.push_back(pid);
        }
    }
    return found;
}

// The process that mpirun started as that rank; 0: it is not there.
inline pid_t pid_of_rank(const std::filesystem::path& directory, int rank) {
    const auto wanted = fmt::format("OMPI_COMM_WORLD_RANK={}", rank) + '\0';
    for (const auto pid : processes_of(directory)) {
        if (proc_text(pid, "environ").find(wanted) != std::string::npos) {
            return pid;
        }
    }
    return 0;
}

// Waits until it holds; false after so many seconds.
template <class Condition>
bool comes_true(Condition holds, double seconds = 60) {
    const auto begun = core::now();
    while (core::Seconds(core::now() - begun).count() < seconds) {
        if (holds()) {
            return true;
        }
        core::sleep_for(core::Seconds(0.05));
    }
    return holds();
}

}  // namespace graft::tests
