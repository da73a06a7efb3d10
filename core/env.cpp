// SPDX-License-Identifier: Apache-2.0
#include "core/env.hpp"

#include <cstdlib>

#include <unistd.h>

namespace graft::core {

std::optional<std::string> env(const char* name) {
    const char* value = std::getenv(name);
    return value ? std::optional<std::string>(value) : std::nullopt;
}

std::vector<std::string> environment() {
    std::vector<std::string> entries;
    for (char** entry = environ; *entry; ++entry) {
        entries.emplace_back(*entry);
    }
    return entries;
}

}  // namespace graft::core
