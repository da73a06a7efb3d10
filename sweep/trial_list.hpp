// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/value.hpp"

#include "sweep/trial.hpp"

namespace graft::sweep {

// [sweep] trials: a file that lists trials of the grid, so that a sweep trains these alone. One id
// per line; what follows an id on its line, empty lines, and what follows a '#' are passed over:
// lines of `graft plan --trials` will do.
struct ListedTrial {
    std::string name;   // as written, perhaps no trial's
    core::Place place;  // for messages
};

std::vector<ListedTrial> read_trial_list(const std::filesystem::path& path);
std::string trial_list_text(const std::vector<TrialId>& trials);

// The listed trials, in the order of the grid. Throws InputError for an id that the grid does not
// have, and for a list without ids. `grid_of`: the sweep file, for the message.
std::vector<TrialSpec> select_trials(std::vector<TrialSpec> grid,
                                     const std::vector<ListedTrial>& listed,
                                     const std::filesystem::path& list,
                                     const std::filesystem::path& grid_of);

}  // namespace graft::sweep
