// SPDX-License-Identifier: Apache-2.0
#include "core/build_info.hpp"

// Made by CMake, and included here only: a new commit compiles one file again.
#include "core/build_config.hpp"

namespace graft::core {

std::string_view version() {
    return GRAFT_VERSION;
}

std::string_view source_commit() {
    return GRAFT_COMMIT;
}

std::string_view build_id() {
    return GRAFT_VERSION " " GRAFT_COMMIT " " GRAFT_CONFIGURED;
}

}  // namespace graft::core
