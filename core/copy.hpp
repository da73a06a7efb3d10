// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace graft::core {

// Makes `to`, or what is left of an earlier try, a copy of `from`; not synced: publish_file() does
// that. Errors as in core/file.hpp.
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace graft::core
