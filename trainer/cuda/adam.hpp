// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

namespace graft::trainer::cuda {

// Adam as trainer/adam.hpp has it, on a GPU: one pass over weights, moments and gradients, and
// nothing that the host must know between steps. All tensors are float32 and dense; first, second
// and gradients have the weights' strides.
struct AdamTensors {
    std::vector<at::Tensor> weights, first, second, gradients;
    at::Tensor steps;  // float64 [1]: steps done, counted here
};

// Of float16: gradients are those of the loss times `scale`.
struct AdamScale {
    at::Tensor scale;     // float32 [1]
    at::Tensor overflow;  // float32 [1]: set to 1 when a gradient is not finite, else to 0
};

// One step; with an overflow nothing moves. `scale`: null without loss scaling.
void adam_step(const AdamTensors& tensors, const AdamScale* scale, double learning_rate);

}  // namespace graft::trainer::cuda
