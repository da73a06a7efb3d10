// SPDX-License-Identifier: Apache-2.0
#include "trainer/keyed.hpp"

#include <numbers>
#include <vector>

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cos.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/log.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/sqrt.h>
#include <ATen/TensorOperators.h>

#include "core/random.hpp"

#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

// x ^= x >> bits, with zeros moved in (torch's shift of int64 moves the sign in).
void xor_shifted(at::Tensor& x, int bits) {
    const auto mask = static_cast<std::int64_t>(~std::uint64_t{0} >> bits);
    x.bitwise_xor_(x.bitwise_right_shift(bits).bitwise_and_(mask));
}

std::int64_t wrapped(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

// Where the row of a sample begins.
std::uint64_t start_of(const RowKeys& keys, std::uint32_t sample) {
    return core::RandomStream(keys.purpose, static_cast<std::uint64_t>(keys.seed), keys.epoch,
                              sample)
        .next_u64();
}

// 64 random bits as int64, [rows, columns].
at::Tensor keyed_bits(const RowKeys& keys, std::int64_t columns, at::Device device) {
    std::vector<std::int64_t> starts;
    for (const auto sample : keys.samples) {
        starts.push_back(wrapped(start_of(keys, sample)));
    }
    const auto rows = static_cast<std::int64_t>(starts.size());
    const at::Tensor start = at::from_blob(starts.data(), {rows, 1}, at::kLong).clone().to(device);
    at::Tensor count = at::arange(1, columns + 1, at::TensorOptions(at::kLong).device(device));
    at::Tensor x = start + count.mul_(wrapped(0x9E3779B97F4A7C15U));
    xor_shifted(x, 30);
    x.mul_(wrapped(0xBF58476D1CE4E5B9U));
    xor_shifted(x, 27);
    x.mul_(wrapped(0x94D049BB133111EBU));
    xor_shifted(x, 31);
    return x;
}

constexpr std::int64_t kMask24 = (1 << 24) - 1;
constexpr double kStep24 = 0x1p-24;

// Two independent uniforms of each 64 bits.
at::Tensor low_uniform(const at::Tensor& bits) {
    return bits.bitwise_and(kMask24).to(at::kFloat).mul_(kStep24);
}
at::Tensor high_uniform(const at::Tensor& bits) {
    return bits.bitwise_right_shift(40).bitwise_and_(kMask24).to(at::kFloat).mul_(kStep24);
}

}  // namespace

at::Tensor keyed_uniform(const RowKeys& keys, std::int64_t columns, at::Device device) {
    return high_uniform(keyed_bits(keys, columns, device));
}

at::Tensor keyed_normal(const RowKeys& keys, std::int64_t columns, at::Device device) {
    const at::Tensor bits = keyed_bits(keys, (columns + 1) / 2, device);
    // The half step keeps the logarithm finite; the largest radius is 5.9.
    const at::Tensor radius = high_uniform(bits).add_(kStep24 / 2).log_().mul_(-2).sqrt_();
    const at::Tensor angle = low_uniform(bits).mul_(2 * std::numbers::pi);
    at::Tensor normals = at::cat({at::cos(angle).mul_(radius), at::sin(angle).mul_(radius)}, 1);
    return normals.narrow(1, 0, columns);
}

at::Tensor dropout_mask(const RowKeys& keys, std::int64_t units, double rate, at::Device device) {
    if (device.is_cpu()) {
        const auto rows = static_cast<std::int64_t>(keys.samples.size());
        at::Tensor mask = at::empty({rows, units}, at::kFloat);
        auto* row = mask.mutable_data_ptr<float>();
        for (const auto sample : keys.samples) {
            loops().of_pixels.dropout(start_of(keys, sample), static_cast<float>(rate),
                                      static_cast<float>(1 / (1 - rate)), units, row);
            row += units;
        }
        return mask;
    }
    return keyed_uniform(keys, units, device).ge(rate).to(at::kFloat).mul_(1 / (1 - rate));
}

}  // namespace graft::trainer
