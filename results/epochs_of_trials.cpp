// SPDX-License-Identifier: Apache-2.0
#include "results/epochs_of_trials.hpp"

#include <algorithm>
#include <set>

namespace graft::results {

EpochsOfTrials::EpochsOfTrials(const Sweeps& sweeps)
    : Columns("epochs"),
      epochs_(sweeps.table("epochs")),
      trials_(sweeps.table("trials")),
      trial_of_row_(sweeps.trials_of_epochs()) {}

std::vector<std::string> EpochsOfTrials::column_names() const {
    auto names = epochs_.column_names();
    const auto own = names;
    for (auto& more : trials_.column_names()) {
        if (std::find(own.begin(), own.end(), more) == own.end()) {
            names.push_back(std::move(more));
        }
    }
    return names;
}

const Column* EpochsOfTrials::find(std::string_view column) const {
    if (const Column* own = epochs_.find(column)) {
        return own;
    }
    const auto known = joined_.find(column);
    if (known != joined_.end()) {
        return &known->second;
    }
    const Column* source = trials_.find(column);
    return source ? &joined_.emplace(column, gather(*source, trial_of_row_)).first->second
                  : nullptr;
}

Groups EpochsOfTrials::trials_of(const Groups& groups) const {
    std::set<std::vector<std::size_t>> sets;
    for (const auto& rows : groups) {
        std::vector<std::size_t> trials;
        for (const std::size_t row : rows) {
            trials.push_back(trial_of_row_[row]);
        }
        trials.erase(std::unique(trials.begin(), trials.end()), trials.end());
        sets.insert(std::move(trials));
    }
    return {sets.begin(), sets.end()};
}

}  // namespace graft::results
