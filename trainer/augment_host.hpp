// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

namespace graft::trainer {

// augment() on the processor, image by image: one image stays in the cache through all operations.
// Draws, noise and flips are those of augment_by_tensors() to the bit, colours but for rounding.
at::Tensor augment_on_host(const at::Tensor& images, const sweep::Training& training,
                           std::int64_t seed, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples);

}  // namespace graft::trainer
