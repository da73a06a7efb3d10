// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sweep/record.hpp"

namespace graft::commands {

// What a rule of [stopping] said last of a trial, and what to type where it was stopped; empty:
// nothing. `directory`: of the sweep, as the user may type it.
std::string verdict_text(const sweep::Trial& trial, const std::string& directory);

}  // namespace graft::commands
