// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>
#include <vector>

#include "results/sweeps.hpp"

struct sqlite3;

namespace graft::results {

// What a connection's tables and its authorizer tell one another.
struct SqlState {
    std::exception_ptr failure;  // what a column threw while SQLite ran
    bool declaring = false;      // SQLite compiles a table's declaration, not what the user wrote
    bool denied = false;         // what the user wrote would do more than read
};

// One of kTableNames as SQLite is told of it; must live as long as the connection.
struct SqlTable {
    std::string name;
    const Sweeps* sweeps = nullptr;
    SqlState* state = nullptr;
};

// Adds the table to a connection, under its name and read-only. Returns SQLite's code.
int add_sql_table(sqlite3* database, SqlTable& table);

}  // namespace graft::results
