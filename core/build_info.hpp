// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace graft::core {

// "0.1.0"
std::string_view version();
// The commit that the build was configured from ("unknown" outside of a repository).
std::string_view source_commit();
// "0.1.0 60aa017 2026-11-24T01:30:05Z": version, commit and time of configuring. Two programs that
// say the same were built together, and may talk to one another.
std::string_view build_id();

}  // namespace graft::core
