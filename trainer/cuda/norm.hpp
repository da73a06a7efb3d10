// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

namespace graft::trainer::cuda {

// Batch norm with the batch's statistics and the activation after it as one operation on a GPU:
// forward two readings of x and one writing, backward two readings of x and of the gradient and one
// writing; nothing but x is kept for the backward pass. (torch's own operations read and write 13
// times instead of 8.) Sums are float32, in an order that the shape fixes.
enum class After { nothing, relu, relu6 };

struct NormWeights {
    at::Tensor gamma;  // undefined: 1
    at::Tensor beta;
    // Moved in place, as Keras 3 does it: * momentum + batch * (1 - momentum), biased variance.
    at::Tensor moving_mean, moving_variance;
};

// x is on a GPU, [N, C, H, W] channels_last, float32, float16 or bfloat16, of a number of channels
// that 16 bytes hold without remainder.
bool can_norm(const at::Tensor& x);
// Only where can_norm(x); without CUDA in the build it throws std::logic_error.
at::Tensor norm_training(const at::Tensor& x, const NormWeights& weights, double momentum,
                         double epsilon, After after);

}  // namespace graft::trainer::cuda
