// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/clock.hpp"

#include "trainer/evaluation.hpp"
#include "trainer/model.hpp"
#include "trainer/state_file.hpp"

namespace graft::trainer {

// What a cohort's step is made of. Everything is given: no file, key or random number is looked up
// in it.
struct StepInput {
    at::Tensor images;  // [N, 3, H, W] as the network takes them: augmented and scaled
    at::Tensor labels;  // [N], int64
    // Of several replicas: the batch of which these are a part, or nothing (no images, then).
    std::optional<Divided> divided = std::nullopt;
};

// One member's part of it.
struct Trainee {
    Model* model = nullptr;
    LossScaler* loss_scaler = nullptr;
    Tally* tally = nullptr;
    at::Tensor dropout;  // as in Mode
};

// One step of all trainees, the i-th of which is the i-th branch of `bottom`: the bottom once, then
// every top, the shallowest cut first: forward, backward, update. Activations of one top at a time
// are alive. Each trainee's numbers are those of the same step alone, to the bit. With gradients
// that overflow the loss scale, and on a processor with a loss that is not finite, its weights
// stay. On a GPU nothing waits for the device: the tallies tell at
// the next reading. Returns how long the host was at each top; what remains of the step's time was
// common.
std::vector<core::Seconds> train_step(const SharedBottom& bottom, at::ScalarType compute,
                                      std::span<const Trainee> trainees, const StepInput& input);

// Images [N, 3, H, W] in 0..1 of these samples, augmented and scaled.
at::Tensor training_images(const Recipe& recipe, const at::Tensor& images, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples);
// The same, to the bit, of a dataset's images.
at::Tensor training_images(const Recipe& recipe, const Dataset& data, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples);

// Dropout masks for members with these rates: make(rate) once for equal ones. Undefined at rate 0.
std::vector<at::Tensor> dropout_masks(std::span<const double> rates,
                                      const std::function<at::Tensor(double)>& make);

}  // namespace graft::trainer
