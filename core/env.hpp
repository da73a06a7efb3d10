// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace graft::core {

// The only reader of environment variables.
std::optional<std::string> env(const char* name);
// All of them, "NAME=value".
std::vector<std::string> environment();

}  // namespace graft::core
