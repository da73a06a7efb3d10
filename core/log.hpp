// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "core/file.hpp"

namespace graft::core {

enum class LogLevel { info, warning, error };

// Lines of this process go to the file from now on (appended to), each with UTC time and level;
// before, and where no file was opened, they go nowhere.
void open_log(const fs::path& file);
void log(LogLevel level, std::string_view line);
// Waits until the lines so far are handed to the system.
void flush_log();

}  // namespace graft::core
