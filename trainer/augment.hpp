// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

namespace graft::trainer {

// The study's augmentation of training batches, images [N, 3, H, W] in 0..1 (RGB), on any device.
// The operations of training.augment are applied in their order, then the result is clipped to
// 0..1. Every image draws its own values from (operation, seed, epoch, sample), so neither the
// batch nor the other operations matter.
//   flip_horizontal, flip_vertical   with probability 1/2
//   brightness   x + U(-brightness, brightness)
//   contrast     (x - m) f + m, f in U(1 - contrast, 1 + contrast), m the mean of the image's
//                channel as it is then (as tf.image.adjust_contrast)
//   saturation   g + f (x - g), f in U(1 - saturation, 1 + saturation), g the pixel's luma
//                (Rec. 601)
//   hue          rotation of the chroma plane of YIQ by U(-hue, hue) turns
//   noise        x + noise_std * normal, for every pixel and channel
// Saturation and hue are the linear forms of tf.image's HSV operations: equal in what they leave
// alone (grey pixels, luma), defined outside 0..1, and free of HSV's seams. So all operations
// between two of the noise are one affine map of the colours per image.
at::Tensor augment(at::Tensor images, const sweep::Training& training, std::int64_t seed,
                   std::uint64_t epoch, std::span<const std::uint32_t> samples);

// The same in operations on whole tensors, which any device has: what augment() does on a GPU.
at::Tensor augment_by_tensors(at::Tensor images, const sweep::Training& training, std::int64_t seed,
                              std::uint64_t epoch, std::span<const std::uint32_t> samples);

}  // namespace graft::trainer
