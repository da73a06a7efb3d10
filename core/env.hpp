// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace graft::core {

// The only reader of environment variables.
std::optional<std::string> env(const char* name);

}  // namespace graft::core
