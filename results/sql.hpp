// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "results/sweeps.hpp"
#include "results/table.hpp"

namespace graft::results {

// The answer to one SQL statement over the tables of sweeps (kTableNames), which SQLite reads where
// they are, as virtual tables: nothing is copied into a database, and no file is opened. Integers
// are INTEGER, numbers REAL (missing: NULL), texts TEXT (missing: empty). `trial = ...`, also of a
// join, takes an index. Beyond SQLite's own functions there are the aggregates median, stddev (of
// the sample), and ci_low and ci_high (statistics::mean_interval).
//
// Columns of the answer are of integers or numbers where all their cells are, else of texts (NULL:
// empty); a name that comes twice gets _2. Throws InputError for what is no SQL, for a statement
// that would write, and for an unknown table or column, naming the nearest; BadRowCache.
Table sql_answer(const Sweeps& sweeps, const std::string& statement);

}  // namespace graft::results
