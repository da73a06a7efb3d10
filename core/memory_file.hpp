// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/file.hpp"

namespace graft::core {

// A file of these bytes in memory, at its beginning; gone with the last process that has it open.
// A child that has it as descriptor 0 reads "/dev/stdin".
Descriptor file_in_memory(std::string_view bytes);

}  // namespace graft::core
