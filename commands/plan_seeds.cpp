// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_seeds.hpp"

#include <algorithm>

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

std::string folds_text(std::size_t seeds, std::size_t folds, std::int32_t of) {
    if (folds < 2) {
        return seeds_text(seeds, seeds);
    }
    const auto smallest_of = [&](std::int64_t n) {
        return results::statistics::smallest_detectable(n, 1,
                                                        results::statistics::overlap_of_folds(of));
    };
    return fmt::format(
        "Seeds: {} per point, each on {} folds. Smallest detectable difference of two arms: {:.1f} "
        "standard deviations of their differences by seed and fold (corrected resampled t test: "
        "folds share training images; two-sided at 5 %, found four times in five). No number of "
        "seeds finds less than {:.1f}.\n",
        seeds, folds, smallest_of(static_cast<std::int64_t>(seeds * folds)), smallest_of(kMany));
}

std::string repeats_text(const std::vector<Repeats>& points) {
    std::vector<Repeats> plain, on_folds;
    for (const auto& point : points) {
        (point.folds > 0 ? on_folds : plain).push_back(point);
    }
    std::string text, other;
    if (!plain.empty()) {
        const auto [fewest, most] = std::minmax_element(
            plain.begin(), plain.end(),
            [](const Repeats& a, const Repeats& b) { return a.seeds < b.seeds; });
        text = seeds_text(fewest->seeds, most->seeds);
    }
    if (!on_folds.empty()) {
        const auto fewest = std::min_element(on_folds.begin(), on_folds.end(),
                                             [](const Repeats& a, const Repeats& b) {
                                                 return a.seeds * a.folds < b.seeds * b.folds;
                                             });
        other = folds_text(fewest->seeds, fewest->folds, fewest->of);
    }
    const bool both = !text.empty() && !other.empty();
    return both ? "Datasets without folds. " + text + "Datasets with folds. " + other
                : text + other;
}

}  // namespace graft::commands
