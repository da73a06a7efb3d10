// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sweep/sweep_file.hpp"
#include "sweep/trial.hpp"

namespace graft::sweep {

// Twice what scheduling is made for. A longer product is a slip of the pen, and would fill the
// memory before anybody saw it.
constexpr std::uint64_t kMostPoints = 2'000'000;

// What the grid needs to know of the outside. Each may throw InputError.
struct GridContext {
    // Fingerprint of a dataset of the file.
    std::function<std::string(const NamedTable& dataset)> fingerprint;
    // Content hash of the weight file for a network under an init text that is not "random".
    std::function<std::string(const std::string& network, const std::string& init,
                              const core::Place& place)>
        weights_hash;
    std::vector<std::string> networks;  // known names
    // Of networks from files, by that name, the one in trials (network_name.hpp).
    std::map<std::string, std::string> networks_from_files;
    std::uint64_t most_points = kMostPoints;
};

struct Grid {
    std::vector<TrialSpec> trials;  // in the order of the file, without duplicates
    std::size_t duplicates = 0;     // points that an earlier one already gave
};

// The union of all [[grid]] blocks, each a product of its axes. A value is looked for in the block,
// then in [datasets.X], then in [training], then the default; a list is an axis. A dataset with
// `folds` is an axis of its folds, which `fold` in the block restricts. Where a key does not count
// beside the others (TrainingKey::counts) it has its default. Throws InputError for more than
// `most_points` points, duplicates counted, and for a value that counts in none.
Grid expand(const SweepFile& file, const GridContext& context);

}  // namespace graft::sweep
