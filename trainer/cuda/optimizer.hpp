// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

namespace graft::trainer::cuda {

// A step as trainer/optimizer.hpp has it, on a GPU: one pass over weights, moments and gradients,
// and nothing that the host must know between steps. Tensors are float32 and dense; first, second
// and gradients have the weights' strides.
struct OptimizerTensors {
    std::vector<at::Tensor> weights;
    std::vector<at::Tensor> first, second;  // empty where the optimizer has none
    std::vector<at::Tensor> gradients;
    std::vector<double> shares;  // of the rate, by weight
    at::Tensor steps;            // float64 [1]: steps done, counted here
    at::Tensor rate;             // float64 [1]
};

// Of float16: gradients are those of the loss times `scale`.
struct StepScale {
    at::Tensor scale;     // float32 [1]
    at::Tensor overflow;  // float32 [1]: set to 1 when a gradient is not finite, else to 0
};

// One step; with an overflow nothing moves. `scale`: null without loss scaling.
void optimizer_step(const OptimizerTensors& tensors, const StepScale* scale,
                    sweep::Optimizer optimizer, const sweep::Update& update);

}  // namespace graft::trainer::cuda
