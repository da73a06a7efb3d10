// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/gpu.hpp"

namespace graft::core {

// How long what a sweep's directory must be able to do took, seconds.
struct DirectoryTimes {
    double create = 0;  // exclusively: of two that make a file one succeeds
    double sync = 0;    // 8 KiB
    double rename = 0;  // write aside, sync, rename over the file, sync the directory
    template <class Archive>
    void fields(Archive& archive) {
        archive(create, sync, rename);
    }
};
// Does it, and removes what it made. Throws what the file system says, or InputError naming the
// directory and what it does not do.
DirectoryTimes check_directory(const fs::path& directory);

// A node as a process there sees it.
struct NodeReport {
    std::string host, driver;
    std::vector<Gpu> gpus;  // that CUDA_VISIBLE_DEVICES leaves
    std::vector<std::int32_t> cores;
    std::int32_t host_cores = 0;
    std::optional<std::uint64_t> memory_limit;  // bytes, of the job's group or the host
    DirectoryTimes times;
    std::string directory_problem;  // why it cannot be used; empty: it can
    std::int32_t problem_code = 0;  // the exit code of that
    template <class Archive>
    void fields(Archive& archive) {
        archive(host, driver, gpus, cores, host_cores, memory_limit, times, directory_problem,
                problem_code);
    }
};
// Takes well under a second where the file system answers. Throws InputError when
// CUDA_VISIBLE_DEVICES names a device twice.
NodeReport check_node(const fs::path& directory);

// "driver 535.161.08, 4 GPUs, cores 0-31 of 64, at most 64.0 GiB of memory; sync 2.1 ms, ..."
std::string text_of(const NodeReport& report);

}  // namespace graft::core
