// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/split.hpp"

namespace graft::data {

// What decoding leaves of an image for finding its copies.
struct ImagePrint {
    std::string content;           // hash of the files' bytes
    std::uint64_t perceptual = 0;  // 64-bit perceptual hash
};

// Sets of images (indices, ascending) that are copies of one another, directly or by a chain.
struct DuplicateSets {
    std::vector<std::vector<std::size_t>> sets;
    DuplicateCounts counts;  // without `across`
};

// Equal contents, and for distance > 0 perceptual hashes that differ in at most so many bits.
// Candidates come from distance + 1 bands of the hash, of which one must be equal (pigeonhole).
DuplicateSets find_duplicates(const std::vector<ImagePrint>& prints,
                              const std::vector<SplitItem>& items, int distance);

// Gives all groups that a set touches one name, the first of theirs in sorted order.
void join_groups(const std::vector<std::vector<std::size_t>>& sets, std::vector<SplitItem>& items);

// How many sets lie in more than one part.
std::int64_t count_across(const std::vector<std::vector<std::size_t>>& sets,
                          const std::vector<Part>& parts);

}  // namespace graft::data
