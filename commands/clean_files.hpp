// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "sweep/record.hpp"

#include "commands/clean_plan.hpp"

namespace graft::commands {

// What a plan for `graft clean` is made from, read from the disk.

// Every plain file below the sweep's directory, in the order of names; links are not followed, and
// journal and prepared data not looked at.
std::vector<FoundFile> files_of(const std::filesystem::path& sweep);

// Processes of this host, requests for a retry, and weights that trials without a result start
// from.
Surroundings surroundings_of(const std::filesystem::path& sweep, const sweep::Record& record);

}  // namespace graft::commands
