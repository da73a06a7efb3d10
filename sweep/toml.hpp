// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "core/value.hpp"

namespace graft::sweep {

// A TOML text as values that know their lines, in the order of the lines. `file` is its name in
// messages. Throws InputError with line and column for what is no TOML, and for dates and times.
core::Table parse_toml(std::string_view text, const std::string& file);

}  // namespace graft::sweep
