// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands/study.hpp"

namespace graft::commands {

// What [stopping] may do to a study: who competes, at which epochs, what it may save at most, and
// whom it spares. Ends with a newline; empty where nothing is stopped.
std::string stopping_text(const Study& study);

// What a simulation says of it: empty where nothing is stopped.
std::string stopping_assumption(const sweep::StoppingSettings& stopping);

}  // namespace graft::commands
