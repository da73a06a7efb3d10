// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "results/filter.hpp"
#include "results/sweeps.hpp"
#include "results/table.hpp"

namespace graft::results {

// A question to sweeps. With `group_by`, or with nothing but filters, rows are averaged; otherwise
// they are listed.
struct Query {
    std::vector<Filter> where;
    std::vector<std::string> group_by;
    std::vector<std::string> columns;   // to list or to average; empty: the usual ones
    std::optional<std::string> sort;    // "column", "column:asc" or "column:desc"
    std::size_t top = 0;                // so many rows at most; 0: all
    std::vector<std::string> best_per;  // the best row for each combination of these columns
    std::optional<std::string> by;      // what is best, as in `sort`; none: val_auc
    bool list = false;                  // list trials although nothing else asks for it
    bool epochs = false;                // of epochs instead of trials
    bool all = false;                   // also trials that are left out of the sweep
};

struct Answer {
    Table table;
    std::vector<std::string> notes;     // what to read the table with: counts, left-out trials
    std::vector<std::string> warnings;  // for standard error
};

// Throws InputError for an unknown column (naming the nearest), and for a mean over rows that
// differ in a setting neither grouped nor filtered; BadRowCache.
Answer answer(const Sweeps& sweeps, const Query& query);
Answer answer(const sweep::Record& record, const Query& query);

}  // namespace graft::results
