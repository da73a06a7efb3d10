// SPDX-License-Identifier: Apache-2.0
#include "trainer/image_draws.hpp"

#include <stdexcept>
#include <string>

namespace graft::trainer {

using sweep::Augmentation;

core::RandomStream ImageDraws::stream(Augmentation operation) const {
    return {"augment/" + std::string(core::name_of(operation)), seed_, epoch_, sample_};
}

bool ImageDraws::coin(Augmentation operation) const {
    return stream(operation).uniform_double() < 0.5;
}

double ImageDraws::within(Augmentation operation, double centre, double range) const {
    return centre + range * (2 * stream(operation).uniform_double() - 1);
}

std::uint64_t ImageDraws::key(std::string_view purpose) const {
    return core::RandomStream(purpose, seed_, epoch_, sample_).next_u64();
}

void add_colour(ColourMap& map, Augmentation operation, const sweep::Training& training,
                const ImageDraws& draws, const std::function<std::array<double, 3>()>& mean) {
    switch (operation) {
        case Augmentation::brightness: {
            const double shift = draws.within(operation, 0, training.brightness);
            for (double& value : map.shift) {
                value += shift;
            }
            return;
        }
        case Augmentation::contrast: {
            const double factor = draws.within(operation, 1, training.contrast);
            const auto centre = map.of(mean());
            map.follow_by({factor, 0, 0, 0, factor, 0, 0, 0, factor});
            for (std::size_t c = 0; c < 3; ++c) {
                map.shift[c] += centre[c] * (1 - factor);
            }
            return;
        }
        case Augmentation::saturation:
            return map.follow_by(
                saturation_matrix(draws.within(operation, 1, training.saturation)));
        case Augmentation::hue:
            return map.follow_by(hue_matrix(draws.within(operation, 0, training.hue)));
        default:
            throw std::logic_error("not an operation on colours");
    }
}

}  // namespace graft::trainer
