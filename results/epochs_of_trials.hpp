// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "results/group.hpp"
#include "results/sweeps.hpp"
#include "results/table.hpp"

namespace graft::results {

// Epoch rows with what their trials say of themselves; where both have a column of one name, that
// of the epoch counts. `sweeps` must live as long.
class EpochsOfTrials : public Columns {
  public:
    explicit EpochsOfTrials(const Sweeps& sweeps);

    std::size_t rows() const override { return trial_of_row_.size(); }
    std::vector<std::string> column_names() const override;
    const Column* find(std::string_view column) const override;
    // The trials (rows of their table) behind each group, every set of them once.
    Groups trials_of(const Groups& groups) const;

  private:
    const Columns& epochs_;
    const Columns& trials_;
    std::vector<std::size_t> trial_of_row_;
    mutable std::map<std::string, Column, std::less<>> joined_;
};

}  // namespace graft::results
