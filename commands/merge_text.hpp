// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands/merging.hpp"

namespace graft::commands {

// What a merge did: a line for each source, what was not taken and why, how the sweep stands now,
// and what to type next. `named`: the sweep as the user may type it.
std::string merge_text(const Merged& merged, const sweep::Record& record, const std::string& named);

}  // namespace graft::commands
