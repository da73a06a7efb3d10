// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace graft::commands {

// What a sweep with so many seeds per point (network, dataset, init) can find: the smallest
// detectable difference between two arms that share their seeds, in standard deviations of the
// paired differences. `fewest` and `most`: seeds of the points with the fewest and the most. Ends
// with a newline.
std::string seeds_text(std::size_t fewest, std::size_t most);
// The same for a dataset with folds, whose results are not independent; `overlap`: test images for
// each training image of a fold.
std::string folds_text(std::size_t seeds, std::size_t folds, double overlap);

}  // namespace graft::commands
