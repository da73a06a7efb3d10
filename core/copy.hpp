// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace graft::core {

// Makes `to`, or what is left of an earlier try, a copy of `from`; not synced: publish_file() does
// that. Errors as in core/file.hpp.
void copy_file(const std::filesystem::path& from, const std::filesystem::path& to);
// Makes `to` a second name of `from`, or a copy where the file system has no such thing. What is
// left of an earlier try goes. For files that nobody changes in place.
void link_or_copy_file(const std::filesystem::path& from, const std::filesystem::path& to);

}  // namespace graft::core
