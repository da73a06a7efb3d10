// SPDX-License-Identifier: Apache-2.0
#include "core/env.hpp"

#include <cstdlib>

namespace graft::core {

std::optional<std::string> env(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace graft::core
