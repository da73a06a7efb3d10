// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "trainer/evaluation.hpp"
#include "trainer/model.hpp"
#include "trainer/state_file.hpp"

namespace graft::trainer {

// One batch of training images.
struct StepInput {
    at::Tensor images;  // [N, 3, H, W] in 0..1
    at::Tensor labels;  // [N], int64
    std::uint64_t epoch = 0;
    std::span<const std::uint32_t> samples;  // the images' keys
    double learning_rate = 0;
};

// Augments, and trains the model for one step. With a loss that is not finite, or gradients that
// overflow the loss scale, the weights stay.
Model::Batch train_step(Model& model, const Recipe& recipe, LossScaler& scaler,
                        const StepInput& input);

}  // namespace graft::trainer
