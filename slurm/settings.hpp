// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/value.hpp"

namespace graft::slurm {

// [slurm] of a sweep file or of the user's defaults: what jobs ask for. Part of no trial's name.
struct Settings {
    std::optional<std::int64_t> nodes;
    std::optional<std::int64_t> gpus_per_node;  // 0: none
    std::optional<std::int64_t> cpus_per_gpu;   // without GPUs: per node
    std::optional<std::int64_t> memory_mib;     // per node; 0: all that it has
    std::optional<std::int64_t> time_seconds;   // the limit of one job
    std::optional<std::string> partition, account, qos, constraint;
    std::optional<std::string> mail;                         // address
    std::optional<std::vector<std::string>> modules;         // "gcc/12": `module load gcc/12`
    std::optional<std::vector<std::string>> environment;     // lines of the script, as they are
    std::optional<std::vector<std::string>> sbatch_options;  // "--reservation=x"
    bool operator==(const Settings&) const = default;
};

// Throws InputError naming file, line, key, the nearest known one, and what is allowed.
Settings settings_of(const core::Table& table);
// What `over` says, else what `under` does; a list of `over` replaces that of `under`.
Settings overlaid(const Settings& over, const Settings& under);

// A commented [slurm] section with every key, for --dump-default.
std::string default_text();

// "180G", "2000M", "2000" (MiB), "0" in MiB; nothing for another form.
std::optional<std::int64_t> parse_memory(const std::string& text);
// "180G", "2000M"
std::string memory_text(std::int64_t mib);

}  // namespace graft::slurm
