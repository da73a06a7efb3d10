// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "results/statistics/interval.hpp"
#include "results/table.hpp"

namespace graft::results {

// Rows of a table that agree in some columns, in the order of their first rows.
using Groups = std::vector<std::vector<std::size_t>>;

// Throws InputError for an unknown column.
Groups group_rows(const Columns& table, const std::vector<std::size_t>& rows,
                  const std::vector<std::string>& by);

// What a reader of intervals over folds must know.
constexpr const char* kFoldsNote =
    "Folds share training images and are no independent replicates: intervals and p over them are "
    "those of the corrected resampled t test (Nadeau and Bengio 2003), wider than Student's.";

// How much of one another rows of trials know: nothing unless they lie on several folds. Of
// datasets with unlike numbers of folds the fewest count.
statistics::Overlap overlap_of(const Columns& table, const std::vector<std::size_t>& rows);

// A column in which rows of one group differ, and the values of the first such group. A column that
// differs only where an earlier one does (a learning rate that belongs to a dataset) is not named.
struct Difference {
    std::string column;
    std::vector<std::string> values;
};
std::vector<Difference> differences(const Columns& table, const Groups& groups,
                                    const std::vector<std::string>& columns);

// Throws InputError that says in what the rows differ and what to type: rows that are not
// repetitions of each other have no mean.
[[noreturn]] void fail_unlike(const std::vector<Difference>& found,
                              const std::vector<std::string>& group_by);

// One row per group: the columns of `by`, then n (ended trials with numbers), of (all), diverged,
// failed, then of each of `values` <value>_mean, <value>_sd (of the sample), <value>_low and
// <value>_high (the 95 % Student interval of the mean, over folds the corrected one,
// statistics::mean_interval; missing with the spread: one value, or equal ones), <value>_n where it
// differs from n in a group, and <value>_floor where the table has one. n counts the first value.
// Rows with ended[row] = false are not averaged.
Table group_table(const Columns& table, const Groups& groups, const std::vector<std::string>& by,
                  const std::vector<std::string>& values, const std::vector<bool>& ended);

}  // namespace graft::results
