// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace graft::trainer {

// graft-trainer, started by a supervisor with its socket as descriptor 3:
//   graft-trainer --threads N
// by `graft check`, to time one batch of each network on a device (trainer/time_steps.hpp):
//   graft-trainer time-steps REQUESTS ANSWER --threads N
// and, for tests/oracle alone (README.md, "The oracle's files"):
//   graft-trainer oracle REQUEST.h5 RESULT.h5
// Returns the exit code; throws core::Error.
int run_trainer(const std::vector<std::string>& arguments);

}  // namespace graft::trainer
