// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "core/random.hpp"

namespace graft::results::features {

// Points around one centre for each class, `apart` deviations from the origin; row i is of class
// i % classes.
struct Drawn {
    std::size_t width;
    std::vector<float> features;  // [n, width]
    std::vector<std::int32_t> labels;
};

inline Drawn draw(std::size_t n, std::size_t width, int classes, double apart,
                  std::uint64_t seed = 1) {
    core::RandomStream stream("test/features", seed);
    std::vector<double> centres;
    for (std::size_t i = 0; i < width * static_cast<std::size_t>(classes); ++i) {
        centres.push_back(apart * stream.normal());
    }
    Drawn drawn{width, {}, {}};
    for (std::size_t i = 0; i < n; ++i) {
        const auto label = i % static_cast<std::size_t>(classes);
        drawn.labels.push_back(static_cast<std::int32_t>(label));
        for (std::size_t k = 0; k < width; ++k) {
            drawn.features.push_back(
                static_cast<float>(centres[label * width + k] + stream.normal()));
        }
    }
    return drawn;
}

}  // namespace graft::results::features
