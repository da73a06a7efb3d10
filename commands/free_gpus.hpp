// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "commands/live.hpp"

namespace graft::commands {

// Two trainers on one GPU could cost the running one its memory: throws InputError, saying what to
// type, while the sweep is running on this host's GPUs and none was named for `command`.
void check_free_gpus(const Live& live, const std::string& command);

}  // namespace graft::commands
