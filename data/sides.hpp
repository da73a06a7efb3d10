// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "data/manifest.hpp"

namespace graft::data {

// A prepared file holds squares of the size asked for, or of the largest side of any picture where
// that is smaller. Which it is, headers say: where pictures are as large as the size, the first one
// does; where all are smaller, opening each of them costs as much as a tenth of decoding it. So in
// a larger set some are looked at, and if their largest sides are all the same, that is taken for
// the set's, until decoding meets a larger one.
enum class Look { at_some, at_all };

struct LargestSide {
    std::uint64_t side = 1;   // of all pictures; not more than needed to reach `enough`
    bool is_guessed = false;  // another picture may have a larger one
};

// Pictures without a readable header count for nothing: they are listed when they are decoded.
LargestSide look_for_largest_side(const std::filesystem::path& root,
                                  const std::vector<Sample>& samples, std::uint64_t enough,
                                  Look look);

// That of a picture's header; 0 where it cannot be read.
std::uint64_t side_or_none(const std::filesystem::path& root, const Sample& sample);

// What is stored of each of the sizes asked for, where no picture's side is larger than `largest`.
std::vector<int> stored_sides(const std::vector<int>& sizes, std::uint64_t largest);

}  // namespace graft::data
