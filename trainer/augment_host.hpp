// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

namespace graft::trainer {

// augment() on the processor, image by image: one image stays in the cache through all operations.
// Draws and flips are those of augment_by_tensors() to the bit, colours and noise but for rounding.
// The bits are the same on every instruction set.
at::Tensor augment_on_host(const at::Tensor& images, const sweep::Training& training,
                           std::int64_t seed, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples);

// The same, to the bit, of images `samples` of the stored pixels, uint8 [N, H, W, 3] in host
// memory: [n, 3, H, W], float32 in 0..1, channels_last.
at::Tensor augment_stored(const at::Tensor& pixels, const sweep::Training& training,
                          std::int64_t seed, std::uint64_t epoch,
                          std::span<const std::uint32_t> samples);

}  // namespace graft::trainer
