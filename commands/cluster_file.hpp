// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "slurm/settings.hpp"

namespace graft::commands {

// The user's defaults for all sweeps on this cluster: a file whose [slurm] has the keys of a sweep
// file's. $GRAFT_CLUSTER; else cluster.toml in $XDG_CONFIG_HOME/graft, else in ~/.config/graft.
// Nothing: there is none. Throws InputError when it holds something else, and when the one that
// $GRAFT_CLUSTER names is not there.
std::optional<std::filesystem::path> cluster_file();
slurm::Settings cluster_defaults();
// [slurm] of a sweep file over those.
slurm::Settings site_settings(const core::Table& slurm_of_file);

}  // namespace graft::commands
