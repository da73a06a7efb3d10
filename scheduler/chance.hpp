// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "core/clock.hpp"

namespace graft::scheduler {

// Chance for simulations: a number depends on its key and seed alone, so that the same simulation
// gives the same, whatever else is drawn.

// Uniform in (0, 1).
double uniform(const std::string& key, std::uint64_t seed);
// Log-normal with mean 1 and this standard deviation; 1 for none.
double noise_factor(const std::string& key, std::uint64_t seed, double deviation);
// Exponential: when what happens once in `every` on average happens next.
core::Seconds next_loss(const std::string& key, std::uint64_t seed, core::Seconds every);

}  // namespace graft::scheduler
