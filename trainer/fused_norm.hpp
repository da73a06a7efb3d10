// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/network.hpp"

#include "trainer/layers.hpp"
#include "trainer/norm_kernels.hpp"

namespace graft::trainer {

// Training batch norm and the ReLU or ReLU6 after it in two passes over the images forward and two
// backward, instead of torch's five and seven or more. Keeps x alone for the backward pass, and
// computes xhat and what was clipped anew.

// Whether x [N, C, H, W] is one that the loops take: float32 or float64 on the processor.
bool fuses(const at::Tensor& x);

// activation(gamma * xhat + beta), channels_last, with the batch's statistics; the moving ones move
// as in batch_norm_training. No activation: Clip::none. x is not written to; its gradient at the
// bounds of the activation is 0.
at::Tensor norm_and_clip(const at::Tensor& x, const models::BatchNorm& layer,
                         const BatchNormTensors& tensors, double momentum, Clip clip);

// relu, relu6 as Clip; throws std::logic_error for another.
Clip clip_of(models::Activation activation);

}  // namespace graft::trainer
