// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

namespace graft::trainer {

// Writes a file as "<path>.tmp", syncs it and renames it. What could not be finished is removed:
// half a file must not keep the space that the journal needs on a full disk.
void write_aside(const std::filesystem::path& path,
                 const std::function<void(const std::filesystem::path& aside)>& write);

}  // namespace graft::trainer
