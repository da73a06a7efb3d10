// SPDX-License-Identifier: Apache-2.0
#include "results/sql.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <variant>

#include <sqlite3.h>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/sql_functions.hpp"
#include "results/sql_tables.hpp"

namespace graft::results {

namespace {

struct Close {
    void operator()(sqlite3* database) const { sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, Close>;
using Statement = std::unique_ptr<sqlite3_stmt, Close>;

void must(int code, const char* call) {
    if (code != SQLITE_OK) {
        core::fail_system(
            "SQLite refused {} ({}). Is another SQLite loaded than graft was built with?", call,
            sqlite3_errstr(code));
    }
}

// What a statement may do: read, and nothing else. Called while it is compiled.
int authorize(void* data, int action, const char* first, const char* second, const char*,
              const char*) {
    auto& state = *static_cast<SqlState*>(data);
    if (state.declaring) {
        return SQLITE_OK;
    }
    const auto is_one_of = [](const char* name, std::initializer_list<std::string_view> known) {
        return name && std::find(known.begin(), known.end(), name) != known.end();
    };
    switch (action) {
        case SQLITE_SELECT:
        case SQLITE_READ:
        case SQLITE_RECURSIVE:
            return SQLITE_OK;
        case SQLITE_FUNCTION:
            if (!is_one_of(second, {"load_extension"})) {
                return SQLITE_OK;
            }
            break;
        case SQLITE_PRAGMA:
            if (is_one_of(first, {"table_info", "table_xinfo", "table_list", "function_list"})) {
                return SQLITE_OK;
            }
            break;
        default:
            break;
    }
    state.denied = true;
    return SQLITE_DENY;
}

// Cells of one column of the answer, of the narrowest type that holds them so far.
class Cells {
  public:
    void add(sqlite3_stmt* row, int i) {
        switch (sqlite3_column_type(row, i)) {
            case SQLITE_INTEGER:
                add_integer(sqlite3_column_int64(row, i));
                break;
            case SQLITE_FLOAT:
                add_number(sqlite3_column_double(row, i));
                break;
            case SQLITE_NULL:
                add_null();
                break;
            default:
                texts().add(text_at(row, i));
        }
    }
    Column take(std::string name) { return {std::move(name), std::move(cells_)}; }

  private:
    static std::string text_at(sqlite3_stmt* row, int i) {
        const bool blob = sqlite3_column_type(row, i) == SQLITE_BLOB;
        const auto* bytes = static_cast<const unsigned char*>(sqlite3_column_blob(row, i));
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, i));
        if (!blob) {
            return {reinterpret_cast<const char*>(bytes), size};
        }
        std::string hex;
        for (std::size_t at = 0; at < size; ++at) {
            hex += fmt::format("{:02x}", bytes[at]);
        }
        return hex;
    }
    void add_integer(std::int64_t value) {
        if (auto* integers = std::get_if<Integers>(&cells_)) {
            integers->push_back(value);
        } else if (auto* numbers = std::get_if<Numbers>(&cells_)) {
            numbers->push_back(static_cast<double>(value));
        } else {
            texts().add(text_of(value));
        }
    }
    void add_number(double value) {
        if (std::holds_alternative<Texts>(cells_)) {
            texts().add(text_of(value));
        } else {
            numbers().push_back(value);
        }
    }
    void add_null() { add_number(NAN); }
    Numbers& numbers() {
        if (const auto* integers = std::get_if<Integers>(&cells_)) {
            cells_ = Numbers(integers->begin(), integers->end());
        }
        return std::get<Numbers>(cells_);
    }
    Texts& texts() {
        if (!std::holds_alternative<Texts>(cells_)) {
            const Column old = take("");
            Texts texts;
            for (std::size_t row = 0; row < old.size(); ++row) {
                texts.add(text_of(old.at(row)));
            }
            cells_ = std::move(texts);
        }
        return std::get<Texts>(cells_);
    }

    std::variant<Integers, Numbers, Texts> cells_;
};

// A connection to no file, with the tables of sweeps.
class Connection {
  public:
    explicit Connection(const Sweeps& sweeps) : sweeps_(sweeps) {
        sqlite3* database = nullptr;
        const int code = sqlite3_open_v2(":memory:", &database,
                                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY, nullptr);
        database_.reset(database);
        must(code, "to open");
        // Sorting large answers would else make files in /tmp.
        must(sqlite3_exec(database, "PRAGMA temp_store=MEMORY", nullptr, nullptr, nullptr),
             "temp_store");
        // "val_uac" in double quotes is a wrong column, not a text.
        for (const int option : {SQLITE_DBCONFIG_DQS_DML, SQLITE_DBCONFIG_DQS_DDL}) {
            must(sqlite3_db_config(database, option, 0, nullptr), "an option");
        }
        must(sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr), "an option");
        for (std::size_t i = 0; i < kTableNames.size(); ++i) {
            tables_[i] = {std::string(kTableNames[i]), &sweeps, &state_};
            must(add_sql_table(database, tables_[i]), "a table");
        }
        must(add_sql_functions(database), "a function");
        must(sqlite3_set_authorizer(database, authorize, &state_), "the authorizer");
    }

    Table run(const std::string& text) {
        const Statement statement = prepare(text);
        std::vector<Cells> cells(static_cast<std::size_t>(sqlite3_column_count(statement.get())));
        int code = SQLITE_OK;
        while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
            for (std::size_t i = 0; i < cells.size(); ++i) {
                cells[i].add(statement.get(), static_cast<int>(i));
            }
        }
        if (code != SQLITE_DONE) {
            fail();
        }
        Table table{"sql", {}};
        for (std::size_t i = 0; i < cells.size(); ++i) {
            table.columns.push_back(cells[i].take(
                unused_name(table, sqlite3_column_name(statement.get(), static_cast<int>(i)))));
        }
        return table;
    }

  private:
    Statement prepare(const std::string& text) {
        const char* rest = nullptr;
        Statement statement = prepare_first(text.c_str(), &rest);
        if (!statement) {
            core::fail_input(
                "the SQL is empty (nothing to ask). Write for example --sql \"SELECT network, "
                "count(*) FROM trials GROUP BY network\".");
        }
        if (prepare_first(rest, &rest)) {
            core::fail_input(
                "cannot run '{}' (several statements). Give one SELECT, without what follows ';'.",
                core::printable(text, 200));
        }
        if (sqlite3_stmt_readonly(statement.get()) == 0 ||
            sqlite3_column_count(statement.get()) == 0) {
            fail_writing();
        }
        return statement;
    }

    Statement prepare_first(const char* text, const char** rest) {
        sqlite3_stmt* statement = nullptr;
        const int code = sqlite3_prepare_v2(database_.get(), text, -1, &statement, rest);
        Statement prepared(statement);
        if (code != SQLITE_OK) {
            fail();
        }
        return prepared;
    }

    [[noreturn]] static void fail_writing() {
        core::fail_input(
            "cannot run the SQL (a question to a sweep only reads: no statement that writes, "
            "attaches, sets or loads). Write a SELECT.");
    }

    [[noreturn]] void fail() const {
        if (state_.failure) {
            std::rethrow_exception(state_.failure);
        }
        const std::string said = sqlite3_errmsg(database_.get());
        if (state_.denied || said.find("may not be modified") != std::string::npos) {
            fail_writing();
        }
        const auto named = [&](std::string_view start) {
            return said.starts_with(start) ? said.substr(start.size()) : std::string();
        };
        if (const auto table = named("no such table: "); !table.empty()) {
            fail_unknown("table", table, {kTableNames.begin(), kTableNames.end()});
        }
        if (const auto column = named("no such column: "); !column.empty()) {
            fail_unknown("column", column.substr(column.rfind('.') + 1), all_columns());
        }
        core::fail_input(
            "cannot run the SQL ({}). Tables: {}; --sql \"PRAGMA table_info(trials)\" lists the "
            "columns of one.",
            core::printable(said), core::join({kTableNames.begin(), kTableNames.end()}));
    }

    [[noreturn]] static void fail_unknown(const char* what, const std::string& name,
                                          const std::vector<std::string>& known) {
        const std::string near = core::nearest(name, known);
        core::fail_input(
            "unknown {} '{}' in the SQL (nothing has that name). {}{}", what, core::escaped(name),
            near.empty() ? "" : fmt::format("Did you mean '{}'? ", near),
            std::string_view(what) == "table"
                ? fmt::format("Tables: {}.", core::join(known))
                : "--sql \"PRAGMA table_info(trials)\" lists the columns of a table; a text "
                  "stands in 'single quotes'.");
    }

    std::vector<std::string> all_columns() const {
        std::set<std::string> names;
        for (const auto table : kTableNames) {
            const auto more = sweeps_.table(table).column_names();
            names.insert(more.begin(), more.end());
        }
        return {names.begin(), names.end()};
    }

    static std::string unused_name(const Table& table, const std::string& name) {
        std::string unused = name;
        for (int n = 2; table.find(unused); ++n) {
            unused = fmt::format("{}_{}", name, n);
        }
        return unused;
    }

    const Sweeps& sweeps_;
    std::array<SqlTable, kTableNames.size()> tables_;
    SqlState state_;
    Database database_;  // last: closed before what it refers to goes
};

}  // namespace

Table sql_answer(const Sweeps& sweeps, const std::string& statement) {
    return Connection(sweeps).run(statement);
}

}  // namespace graft::results
