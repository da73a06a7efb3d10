// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "trainer/layers.hpp"

namespace graft::trainer {

// Depthwise convolution by 3 x 3 on the processor, for training: it reads zeros past the edges, of
// which the sides may have different numbers, where LibTorch has to copy the images first; and both
// gradients are made in one pass. The same bits for every number of threads and instruction set.
struct DepthwisePads {
    int stride = 1;
    Pads rows, columns;
};

// x: [N, C, H, W]; kernel: [C, 1, h, w].
bool takes_depthwise(const at::Tensor& x, const at::Tensor& kernel);

// With gradients of x and of the kernel. x and kernel: float32; the result is in channels_last.
at::Tensor depthwise(const at::Tensor& x, const at::Tensor& kernel, const DepthwisePads& pads);

}  // namespace graft::trainer
