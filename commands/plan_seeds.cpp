// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_seeds.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "results/statistics/power.hpp"

namespace graft::commands {

namespace {

// Below so many, only differences that need no test are found.
constexpr std::size_t kEnoughSeeds = 5;

// So many results that only what folds share is left of the noise.
constexpr std::int64_t kMany = 100'000;

double smallest(std::size_t seeds) {
    return results::statistics::smallest_detectable(static_cast<std::int64_t>(seeds), 1);
}

}  // namespace

std::string seeds_text(std::size_t fewest, std::size_t most) {
    std::string text = fewest == most ? fmt::format("Seeds: {} per point. ", fewest)
                                      : fmt::format("Seeds: {} to {} per point. ", fewest, most);
    if (fewest < 2) {
        text += fmt::format(
            "With one, two arms have a difference but neither interval nor test; {} would find "
            "differences from {:.1f} standard deviations (of the differences by seed) on. Add "
            "seeds for findings.\n",
            kEnoughSeeds, smallest(kEnoughSeeds));
        return text;
    }
    text += fmt::format(
        "Smallest detectable difference of two arms{}: {:.1f} standard deviations of their "
        "differences by seed (paired t test, two-sided at 5 %, found four times in five).\n",
        fewest == most ? "" : fmt::format(" with {} seeds", fewest), smallest(fewest));
    if (fewest < kEnoughSeeds) {
        text += fmt::format(
            "Warning: fewer than {0} seeds find only differences far above their noise. {0} would "
            "find {1:.1f} standard deviations, {2} would find {3:.1f}. Add seeds for findings.\n",
            kEnoughSeeds, smallest(kEnoughSeeds), 2 * kEnoughSeeds, smallest(2 * kEnoughSeeds));
    }
    return text;
}

std::string folds_text(std::size_t seeds, std::size_t folds, double overlap) {
    const auto n = static_cast<std::int64_t>(seeds * folds);
    std::string text = fmt::format("Seeds: {} per point, each on {} folds. ", seeds, folds);
    if (n < 2) {
        return text + "With one, two arms have a difference but neither interval nor test.\n";
    }
    text += fmt::format(
        "Smallest detectable difference of two arms: {:.1f} standard deviations of their "
        "differences by seed and fold (corrected resampled t test: folds share training images; "
        "two-sided at 5 %, found four times in five). ",
        results::statistics::smallest_detectable(n, 1, {overlap}));
    return text + fmt::format("No number of seeds finds less than {:.1f}.\n",
                              results::statistics::smallest_detectable(kMany, 1, {overlap}));
}

}  // namespace graft::commands
