// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace graft::commands {

// What a sweep with so many seeds per point (network, dataset, init) can find: the smallest
// detectable difference between two arms that share their seeds, in standard deviations of the
// paired differences. `fewest` and `most`: seeds of the points with the fewest and the most. Ends
// with a newline.
std::string seeds_text(std::size_t fewest, std::size_t most);
// The same for so many folds of a dataset with `of` of them, whose results are not independent.
std::string folds_text(std::size_t seeds, std::size_t folds, std::int32_t of);

// How often a point is trained: with so many seeds, each on so many folds of a dataset with `of` of
// them (0: it has none).
struct Repeats {
    std::size_t seeds = 0, folds = 0;
    std::int32_t of = 0;
};
// What can be found on datasets without folds, and what on those with folds, each by the points
// with the fewest repeats. Nothing for no point.
std::string repeats_text(const std::vector<Repeats>& points);

}  // namespace graft::commands
