// SPDX-License-Identifier: Apache-2.0
#include "scheduler/chance.hpp"

#include <cmath>
#include <numbers>

#include "core/hash.hpp"

namespace graft::scheduler {

double uniform(const std::string& key, std::uint64_t seed) {
    constexpr int kDropped = 11;  // bits of 64 that a double does not hold
    return (static_cast<double>(core::checksum(key, seed) >> kDropped) + 0.5) * 0x1p-53;
}

double noise_factor(const std::string& key, std::uint64_t seed, double deviation) {
    if (deviation <= 0) {
        return 1;
    }
    const double radius = std::sqrt(-2 * std::log(uniform("radius " + key, seed)));
    const double normal = radius * std::cos(2 * std::numbers::pi * uniform("angle " + key, seed));
    const double variance = std::log1p(deviation * deviation);
    return std::exp(std::sqrt(variance) * normal - variance / 2);
}

core::Seconds next_loss(const std::string& key, std::uint64_t seed, core::Seconds every) {
    return -std::log(uniform("loss " + key, seed)) * every;
}

}  // namespace graft::scheduler
