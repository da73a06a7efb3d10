// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "sweep/ending.hpp"

namespace graft::trainer {

// Runs `train` and turns what it throws into the ending of the attempt: wrong input, full disk,
// host or device out of memory, device busy, device fault. What means that the process cannot be
// trusted or helped (SocketClosed, a bug) is thrown on: a crash is told by the exit status.
sweep::Ending ending_of(const std::function<sweep::Ending()>& train);

}  // namespace graft::trainer
