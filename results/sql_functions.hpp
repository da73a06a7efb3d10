// SPDX-License-Identifier: Apache-2.0
#pragma once

struct sqlite3;

namespace graft::results {

// Adds the aggregates median, stddev, ci_low and ci_high to a connection; NULLs do not count.
// Returns SQLite's code.
int add_sql_functions(sqlite3* database);

}  // namespace graft::results
