// SPDX-License-Identifier: Apache-2.0
#include "data/sides.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include "data/decode.hpp"

namespace graft::data {

namespace {

constexpr std::uint64_t kLooks = 256;

// Nothing where the pictures looked at differ.
std::optional<LargestSide> look_at_some(const std::filesystem::path& root,
                                        const std::vector<Sample>& samples, std::uint64_t enough) {
    std::set<std::uint64_t> seen;
    for (std::uint64_t i = 0; i < kLooks; ++i) {
        // Far from one another: neighbours in the listing are often of one kind.
        const auto side = side_or_none(root, samples[i * (samples.size() - 1) / (kLooks - 1)]);
        if (side >= enough) {
            return LargestSide{side, false};
        }
        seen.insert(side);
    }
    seen.erase(0);
    return seen.size() == 1 ? std::optional(LargestSide{*seen.begin(), true}) : std::nullopt;
}

}  // namespace

std::uint64_t side_or_none(const std::filesystem::path& root, const Sample& sample) {
    try {
        return largest_side(root, sample);
    } catch (const std::runtime_error&) {
        return 0;
    }
}

LargestSide look_for_largest_side(const std::filesystem::path& root,
                                  const std::vector<Sample>& samples, std::uint64_t enough,
                                  Look look) {
    if (look == Look::at_some && samples.size() > kLooks) {
        if (const auto found = look_at_some(root, samples, enough)) {
            return *found;
        }
    }
    LargestSide largest;
    for (const auto& sample : samples) {
        largest.side = std::max(largest.side, side_or_none(root, sample));
        if (largest.side >= enough) {
            break;
        }
    }
    return largest;
}

std::vector<int> stored_sides(const std::vector<int>& sizes, std::uint64_t largest) {
    std::vector<int> sides;
    for (const int size : sizes) {
        sides.push_back(static_cast<int>(std::min(static_cast<std::uint64_t>(size), largest)));
    }
    return sides;
}

}  // namespace graft::data
