// SPDX-License-Identifier: Apache-2.0
#include "core/random.hpp"

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include <Random123/philox.h>

#include "core/bytes.hpp"
#include "core/hash.hpp"

namespace graft::core {

std::array<std::uint32_t, 4> philox(const std::array<std::uint32_t, 4>& counter,
                                    const std::array<std::uint32_t, 2>& key) {
    const auto block =
        r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
    return {block[0], block[1], block[2], block[3]};
}

// The 64-bit Philox key and the upper half of the counter come from a hash of everything that
// names the stream; the lower half counts the blocks of four draws.
RandomStream::RandomStream(std::string_view purpose, std::uint64_t seed, std::uint64_t a,
                           std::uint64_t b) {
    Encoder encoder;
    encoder(std::string(purpose), seed, a, b);
    const std::string name = encoder.take();
    const std::uint64_t key = checksum(name);
    const std::uint64_t upper = checksum(name + "/counter");
    key_ = {static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)};
    counter_ = {0, 0, static_cast<std::uint32_t>(upper), static_cast<std::uint32_t>(upper >> 32)};
}

std::uint32_t RandomStream::next_u32() {
    if (used_ == 4) {
        block_ = philox(counter_, key_);
        if (++counter_[0] == 0) {
            ++counter_[1];
        }
        used_ = 0;
    }
    return block_[static_cast<std::size_t>(used_++)];
}

std::uint64_t RandomStream::next_u64() {
    const std::uint64_t low = next_u32();
    return low | (static_cast<std::uint64_t>(next_u32()) << 32);
}

float RandomStream::uniform() {
    return static_cast<float>(next_u32() >> 8) * 0x1p-24F;
}

double RandomStream::uniform_double() {
    return static_cast<double>(next_u64() >> 11) * 0x1p-53;
}

std::uint64_t RandomStream::below(std::uint64_t n) {
    // Lemire, "Fast random integer generation in an interval" (2019).
    __extension__ using Wide = unsigned __int128;
    Wide product = static_cast<Wide>(next_u64()) * n;
    if (static_cast<std::uint64_t>(product) < n) {
        const std::uint64_t threshold = (0 - n) % n;
        while (static_cast<std::uint64_t>(product) < threshold) {
            product = static_cast<Wide>(next_u64()) * n;
        }
    }
    return static_cast<std::uint64_t>(product >> 64);
}

double RandomStream::normal() {
    if (has_spare_) {
        has_spare_ = false;
        return spare_;
    }
    const double radius = std::sqrt(-2 * std::log(1 - uniform_double()));
    const double angle = 2 * std::numbers::pi * uniform_double();
    spare_ = radius * std::sin(angle);
    has_spare_ = true;
    return radius * std::cos(angle);
}

std::vector<std::uint32_t> permutation(std::uint32_t n, RandomStream& stream) {
    std::vector<std::uint32_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    for (std::uint32_t i = n; i > 1; --i) {
        std::swap(order[i - 1], order[stream.below(i)]);
    }
    return order;
}

}  // namespace graft::core
