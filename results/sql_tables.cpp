// SPDX-License-Identifier: Apache-2.0
#include "results/sql_tables.hpp"

#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

#include <sqlite3.h>

#include "core/text.hpp"

namespace graft::results {

namespace {

// How rows are found; SQLite keeps it as a plan's number.
enum Plan : int { every_row = 0, rows_of_trial = 1 };

// The rows of each trial.
class TrialIndex {
  public:
    explicit TrialIndex(const Texts& trials) : begins_(trials.values().size() + 1) {
        for (std::uint32_t code = 0; code < trials.values().size(); ++code) {
            codes_.emplace(trials.values()[code], code);
        }
        for (const auto code : trials.codes()) {
            ++begins_[code + 1];
        }
        for (std::size_t code = 1; code < begins_.size(); ++code) {
            begins_[code] += begins_[code - 1];
        }
        rows_.resize(trials.size());
        auto next = begins_;
        for (std::size_t row = 0; row < trials.size(); ++row) {
            rows_[next[trials.code(row)]++] = row;
        }
    }
    std::span<const std::size_t> rows_of(std::string_view trial) const {
        const auto found = codes_.find(trial);
        if (found == codes_.end()) {
            return {};
        }
        const auto begin = begins_[found->second];
        return std::span(rows_).subspan(begin, begins_[found->second + 1] - begin);
    }

  private:
    std::unordered_map<std::string_view, std::uint32_t> codes_;  // views of the column's texts
    std::vector<std::size_t> begins_, rows_;
};

// The table of a connection.
struct Connected : sqlite3_vtab {
    explicit Connected(const SqlTable& table)
        : sqlite3_vtab{}, state(table.state), columns(&table.sweeps->table(table.name)) {
        names = columns->column_names();
        made.resize(names.size());
    }
    const Column& column(std::size_t i) {
        if (!made[i]) {
            made[i] = &columns->at(names[i]);
        }
        return *made[i];
    }
    std::span<const std::size_t> rows_of(std::string_view trial) {
        if (!index) {
            index.emplace(std::get<Texts>(columns->at("trial").data));
        }
        return index->rows_of(trial);
    }

    SqlState* state;
    const Columns* columns;
    std::vector<std::string> names;
    std::vector<const Column*> made;
    std::optional<TrialIndex> index;
};

// A walk over all rows, or over those of one trial.
struct Cursor : sqlite3_vtab_cursor {
    bool all = true;
    std::span<const std::size_t> some;
    std::size_t at = 0, end = 0;
    std::size_t row() const { return all ? at : some[at]; }
};

// Calls `work`; what it throws is kept, as no exception may pass through SQLite.
int guarded(std::exception_ptr& failure, auto work) {
    try {
        return work();
    } catch (...) {
        failure = std::current_exception();
        return SQLITE_ERROR;
    }
}

Connected& table_of(sqlite3_vtab* table) {
    return static_cast<Connected&>(*table);
}
Cursor& cursor_of(sqlite3_vtab_cursor* cursor) {
    return static_cast<Cursor&>(*cursor);
}

// Types do not depend on the sweep, and an empty one has them at no cost.
std::string declaration(const std::string& name) {
    const sweep::Record nothing;
    const Sweeps sweeps({{"", {}, &nothing}});
    const Columns& table = sweeps.table(name);
    std::vector<std::string> columns;
    for (const auto& column : table.column_names()) {
        const auto& data = table.at(column).data;
        const char* type = std::holds_alternative<Texts>(data)      ? "TEXT"
                           : std::holds_alternative<Integers>(data) ? "INTEGER"
                                                                    : "REAL";
        columns.push_back("\"" + column + "\" " + type);
    }
    return "CREATE TABLE " + name + "(" + core::join(columns) + ")";
}

int connect(sqlite3* database, void* data, int, const char* const*, sqlite3_vtab** table, char**) {
    const auto& source = *static_cast<SqlTable*>(data);
    return guarded(source.state->failure, [&] {
        source.state->declaring = true;
        const int code = sqlite3_declare_vtab(database, declaration(source.name).c_str());
        source.state->declaring = false;
        if (code == SQLITE_OK) {
            *table = std::make_unique<Connected>(source).release();
        }
        return code;
    });
}

int disconnect(sqlite3_vtab* table) {
    const std::unique_ptr<Connected> mine(&table_of(table));
    return SQLITE_OK;
}

int best_index(sqlite3_vtab* vtab, sqlite3_index_info* info) {
    const auto& table = table_of(vtab);
    const auto rows = static_cast<double>(table.columns->rows());
    info->idxNum = every_row;
    info->estimatedCost = rows;
    info->estimatedRows = static_cast<sqlite3_int64>(rows);
    for (int i = 0; i < info->nConstraint; ++i) {
        const auto& constraint = info->aConstraint[i];
        const bool of_trial = constraint.iColumn >= 0 &&
                              table.names[static_cast<std::size_t>(constraint.iColumn)] == "trial";
        if (of_trial && constraint.usable != 0 && constraint.op == SQLITE_INDEX_CONSTRAINT_EQ &&
            std::string_view(sqlite3_vtab_collation(info, i)) == "BINARY") {
            info->aConstraintUsage[i].argvIndex = 1;
            info->idxNum = rows_of_trial;
            info->estimatedCost = std::sqrt(rows) / 10;
            info->estimatedRows = 1 + static_cast<sqlite3_int64>(std::sqrt(rows) / 10);
            break;
        }
    }
    return SQLITE_OK;
}

int open(sqlite3_vtab*, sqlite3_vtab_cursor** cursor) {
    *cursor = std::make_unique<Cursor>().release();
    return SQLITE_OK;
}

int close(sqlite3_vtab_cursor* cursor) {
    const std::unique_ptr<Cursor> mine(&cursor_of(cursor));
    return SQLITE_OK;
}

int filter(sqlite3_vtab_cursor* base, int plan, const char*, int, sqlite3_value** values) {
    auto& cursor = cursor_of(base);
    auto& table = table_of(base->pVtab);
    return guarded(table.state->failure, [&] {
        cursor.at = 0;
        cursor.all = plan == every_row;
        cursor.end = table.columns->rows();
        if (plan == rows_of_trial) {
            const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(values[0]));
            cursor.some = text ? table.rows_of(text) : std::span<const std::size_t>();
            cursor.end = cursor.some.size();
        }
        return SQLITE_OK;
    });
}

int next(sqlite3_vtab_cursor* cursor) {
    ++cursor_of(cursor).at;
    return SQLITE_OK;
}

int at_end(sqlite3_vtab_cursor* base) {
    const auto& cursor = cursor_of(base);
    return cursor.at >= cursor.end ? 1 : 0;
}

int cell(sqlite3_vtab_cursor* base, sqlite3_context* context, int number) {
    auto& table = table_of(base->pVtab);
    const std::size_t row = cursor_of(base).row();
    return guarded(table.state->failure, [&] {
        const Column& column = table.column(static_cast<std::size_t>(number));
        if (const auto* integers = std::get_if<Integers>(&column.data)) {
            sqlite3_result_int64(context, (*integers)[row]);
        } else if (const auto* numbers = std::get_if<Numbers>(&column.data)) {
            sqlite3_result_double(context, (*numbers)[row]);  // NaN: NULL
        } else {
            const auto& text = std::get<Texts>(column.data).at(row);
            sqlite3_result_text(context, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
        }
        return SQLITE_OK;
    });
}

int row_id(sqlite3_vtab_cursor* base, sqlite3_int64* id) {
    *id = static_cast<sqlite3_int64>(cursor_of(base).row());
    return SQLITE_OK;
}

// Without xCreate the table is there under the module's name and no other can be made; without
// xUpdate it is read-only.
sqlite3_module make_module() {
    sqlite3_module module{};
    module.xConnect = connect;
    module.xDisconnect = disconnect;
    module.xBestIndex = best_index;
    module.xOpen = open;
    module.xClose = close;
    module.xFilter = filter;
    module.xNext = next;
    module.xEof = at_end;
    module.xColumn = cell;
    module.xRowid = row_id;
    return module;
}

}  // namespace

int add_sql_table(sqlite3* database, SqlTable& table) {
    static const sqlite3_module module = make_module();
    return sqlite3_create_module(database, table.name.c_str(), &module, &table);
}

}  // namespace graft::results
