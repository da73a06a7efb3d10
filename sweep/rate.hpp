// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "sweep/progress.hpp"
#include "sweep/trial.hpp"

namespace graft::sweep {

// A step of the phase after the head's warm-up. A short last batch is a step as any other.
struct PhaseStep {
    std::int64_t step = 0;             // 0 for the first
    std::int64_t steps_per_epoch = 1;  // at least 1
    std::int32_t epochs = 1;           // of the phase
};

// The learning rate of a step. With s the step, E the steps per epoch, N = epochs x E the steps of
// the phase, W = rate_warmup_epochs x E rounded to a whole number, and r the learning_rate:
//   s < W      r s / W                       (so the first step's is 0)
//   constant   r
//   cosine     r (f + (1 - f) (1 + cos(pi (s - W) / (N - W))) / 2), f = final_rate
//   step       r step_factor ^ floor((s - W) / (E step_epochs))
// Growth and cosine are those of keras.optimizers.schedules.CosineDecay with warmup_target r,
// warmup_steps W, decay_steps N - W, alpha f (Loshchilov and Hutter 2017, without restarts); the
// step is torch.optim.lr_scheduler.StepLR's, by epochs, from the end of the growth on.
double rate_at(const Schedule& schedule, double learning_rate, const PhaseStep& at);

// Of the step that comes next at a trial's position, with so many batches in an epoch.
double rate_at(const TrialSpec& spec, const Position& position, std::int32_t batches);

}  // namespace graft::sweep
