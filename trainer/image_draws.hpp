// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string_view>

#include "core/random.hpp"

#include "sweep/training.hpp"

#include "trainer/colour.hpp"

namespace graft::trainer {

// What one image draws in one epoch for the operations of augment.hpp; for the processor's loops
// and for the kernels of a GPU.
class ImageDraws {
  public:
    ImageDraws(std::int64_t seed, std::uint64_t epoch, std::uint32_t sample)
        : seed_(static_cast<std::uint64_t>(seed)), epoch_(epoch), sample_(sample) {}

    bool coin(sweep::Augmentation operation) const;
    // Uniform in centre +- range.
    double within(sweep::Augmentation operation, double centre, double range) const;
    // Where a row of keyed.hpp begins.
    std::uint64_t key(std::string_view purpose) const;

  private:
    core::RandomStream stream(sweep::Augmentation operation) const;

    std::uint64_t seed_, epoch_;
    std::uint32_t sample_;
};

// Brightness, contrast, saturation or hue after what is in `map`; `mean`: of the image's channels
// before the map, asked for contrast alone. Throws std::logic_error for another operation.
void add_colour(ColourMap& map, sweep::Augmentation operation, const sweep::Training& training,
                const ImageDraws& draws, const std::function<std::array<double, 3>()>& mean);

}  // namespace graft::trainer
