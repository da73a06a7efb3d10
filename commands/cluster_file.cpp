// SPDX-License-Identifier: Apache-2.0
#include "commands/cluster_file.hpp"

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/toml.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

std::optional<fs::path> cluster_file() {
    const auto named = core::env("GRAFT_CLUSTER");
    if (named && !named->empty()) {
        if (!fs::exists(*named)) {
            core::fail_input(
                "there is no file '{}' (GRAFT_CLUSTER names it). Make it, or unset GRAFT_CLUSTER.",
                *named);
        }
        return *named;
    }
    const auto configured = core::env("XDG_CONFIG_HOME");
    const auto home = core::env("HOME");
    fs::path directory;
    if (configured && !configured->empty()) {
        directory = *configured;
    } else if (home && !home->empty()) {
        directory = fs::path(*home) / ".config";
    } else {
        return std::nullopt;
    }
    const fs::path path = directory / "graft" / "cluster.toml";
    std::error_code absent;
    return fs::exists(path, absent) ? std::optional(path) : std::nullopt;
}

slurm::Settings cluster_defaults() {
    const auto path = cluster_file();
    if (!path) {
        return {};
    }
    slurm::Settings settings;
    for (const auto& entry : sweep::parse_toml(core::read_file(*path), path->string()).entries) {
        const auto* section = entry.value.table();
        if (entry.key != "slurm" || !section) {
            core::fail_unknown_key(entry, "the file of your cluster's defaults", {"[slurm]"});
        }
        settings = slurm::settings_of(*section);
    }
    return settings;
}

slurm::Settings site_settings(const core::Table& slurm_of_file) {
    return slurm::overlaid(slurm::settings_of(slurm_of_file), cluster_defaults());
}

}  // namespace graft::commands
