// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include <c10/core/Device.h>

#include "sweep/step_times.hpp"

namespace graft::trainer {

// Times one batch of keyed random pixels, which live on the device as a dataset does, after a
// warm-up; a few seconds for each of the three times, or as long as one batch takes.
sweep::StepTimes time_step(const sweep::StepRequest& request, c10::Device device);

// `graft-trainer time-steps REQUESTS ANSWER`: reads encoded requests, writes TimedSteps whole. What
// cannot be timed (no memory, no such precision) is told in its place.
void answer_time_steps(const std::filesystem::path& requests, const std::filesystem::path& answer);

}  // namespace graft::trainer
