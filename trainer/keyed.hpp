// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include <ATen/core/Tensor.h>

namespace graft::trainer {

// Random tensors with one row per sample. Row r is a pure function of (purpose, seed, epoch,
// samples[r]): the other rows and torch's generators play no part. The n-th number of a row comes
// from SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) at key + n * golden gamma, made of integer
// tensor operations, so it runs where the device is; the keys are Philox draws.
struct RowKeys {
    std::string_view purpose;
    std::int64_t seed = 0;
    std::uint64_t epoch = 0;
    std::span<const std::uint32_t> samples;
};

// [rows, columns] uniform in [0, 1), float32, multiples of 2^-24.
at::Tensor keyed_uniform(const RowKeys& keys, std::int64_t columns, at::Device device);
// [rows, columns] standard normal, float32 (Box-Muller on two 24-bit uniforms).
at::Tensor keyed_normal(const RowKeys& keys, std::int64_t columns, at::Device device);

// [rows, units] of 0 or 1 / (1 - rate): Keras' inverted dropout.
at::Tensor dropout_mask(const RowKeys& keys, std::int64_t units, double rate, at::Device device);

}  // namespace graft::trainer
