// SPDX-License-Identifier: Apache-2.0
#include "support/temporary.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include <stdlib.h>

namespace graft::tests {

TemporaryDirectory::TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "graft-test-XXXXXX").string();
    if (!::mkdtemp(name.data())) {
        throw std::runtime_error("cannot make a temporary directory");
    }
    path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::optional<std::filesystem::path> shared_directory() {
    const char* named = std::getenv("GRAFT_SHARED");
    const std::filesystem::path path = named ? named : GRAFT_SOURCE_DIR "/../shared";
    return std::filesystem::exists(path) ? std::optional(path) : std::nullopt;
}

void say_shared_is_absent(const char* what) {
    std::printf("left out: %s (the folder ../shared is absent)\n", what);
}

}  // namespace graft::tests
