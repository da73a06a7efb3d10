// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include <ATen/core/Tensor.h>

#include "models/network.hpp"

#include "trainer/tensors.hpp"

namespace graft::trainer {

// Convolutions of stride 1 with `same` padding by Fourier transforms of tiles (fourier_tiles.hpp),
// on processors in float32, where they take less time than LibTorch's.

struct FourierShape {
    std::int64_t height = 0, width = 0, channels = 0, filters = 0, kernel = 0;
};

// The length of the transforms, by a model of their cost; none where direct convolution takes less
// time. A function of the layer alone: what a row of a batch gives depends on no other row.
std::optional<std::int64_t> wave_length(const FourierShape& shape);

// The same for x [N, C, H, W] and a layer computed in `compute`; none where this way is not open.
std::optional<std::int64_t> wave_length(const at::Tensor& x, const models::Conv2d& layer,
                                        at::ScalarType compute);

// [N, filters, H, W] in channels_last, with gradients; weights {kernel} or {kernel, bias} in
// float32. Keeps x and the kernel for the backward pass.
at::Tensor convolve_by_waves(const at::Tensor& x, const LayerTensors& weights, std::int64_t n);

}  // namespace graft::trainer
