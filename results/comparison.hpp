// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "results/table.hpp"

namespace graft::results {

// Cells that are not the same to the bit. Missing numbers (NaN) are the same.
struct CellDifference {
    std::size_t row = 0;
    std::string column;
    Cell left, right;
};
// Row by row, at most `most` of them. Both tables must have the same columns and as many rows.
std::vector<CellDifference> differences(const Table& left, const Table& right, std::size_t most);
// How columns or number of rows differ, in words; nothing when they do not.
std::optional<std::string> shape_difference(const Table& left, const Table& right);

// What a finished trial's record says against what training it again gave. Rows of epochs are
// compared in all but their seconds and images_per_second.
struct TrialDifference {
    std::string where;  // "epoch 3, val_loss", "result, test_auc", "best.h5"
    Cell recorded, again;
};
struct TrialComparison {
    std::size_t count = 0;                   // of differences
    std::optional<TrialDifference> first;    // as they come about; none: equal, to the bit
    std::optional<TrialDifference> largest;  // of two numbers, by its absolute size
};
// Both must have a result.
TrialComparison compare(const sweep::Trial& recorded, const sweep::Trial& again);

}  // namespace graft::results
