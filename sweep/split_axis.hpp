// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "sweep/sweep_file.hpp"

namespace graft::sweep {

// `split_seed` in a [[grid]] block is an axis over divisions of a dataset. A dataset divided by
// seed 3 is a dataset of its own, "retina@3", with its own fingerprint and prepared file: trials,
// messages and files go by that name, and results know what it means.

struct SplitName {
    std::string dataset;  // "retina"
    std::optional<std::int64_t> split_seed;
};
SplitName split_name(std::string_view dataset);

// Writes the axis out: the datasets that it means are added to file.datasets, and the blocks name
// them in its place. Throws InputError for a value that is no seed, for `split_seed` in a block of
// a dataset whose layout divides it already ({split}), and for a dataset "x@3" of another
// split_seed than 3.
void write_out_split_seeds(SweepFile& file);

// The split seed of every dataset of a resolved sweep file; of an empty text none.
std::map<std::string, std::int64_t> split_seeds(std::string_view sweep_file);
// That of one dataset, by its name or among those; 0 where neither says.
std::int64_t split_seed_of(const std::string& dataset,
                           const std::map<std::string, std::int64_t>& seeds);

}  // namespace graft::sweep
