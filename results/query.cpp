// SPDX-License-Identifier: Apache-2.0
#include "results/query.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/group.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

// Epoch rows with what their trials say of themselves.
Table joined_epochs(const sweep::Record& record, const Table& trials) {
    Table epochs = epochs_table(record);
    std::vector<std::size_t> trial_of_row;
    const auto& list = record.trials();
    for (std::size_t trial = 0; trial < list.size(); ++trial) {
        trial_of_row.insert(trial_of_row.end(), list[trial].rows.size(), trial);
    }
    auto joined = setting_columns();
    joined.insert(joined.end(),
                  {"seed", "state", "left_out", "val_auc_floor", "val_auc_micro_floor"});
    for (const auto& name : joined) {
        epochs.columns.push_back(gather(trials.at(name), trial_of_row));
    }
    return epochs;
}

bool is_test(std::string_view column) {
    return column.starts_with("test_");
}

struct Order {
    std::string column;
    bool descending = false;
};

// Best first: large AUCs and accuracies, small losses and times.
Order order_of(const std::string& text) {
    const std::size_t colon = text.find(':');
    const std::string column = text.substr(0, colon);
    if (colon == std::string::npos) {
        const bool large_is_good = column.find("auc") != std::string::npos ||
                                   column.find("accuracy") != std::string::npos ||
                                   column == "images_per_second";
        return {column, large_is_good};
    }
    const std::string direction = text.substr(colon + 1);
    if (direction != "asc" && direction != "desc") {
        core::fail_input(
            "unknown direction '{}' in --sort '{}' (expected asc or desc). Write for "
            "example --sort {}:desc.",
            direction, text, column);
    }
    return {column, direction == "desc"};
}

void sort_rows(const Column& column, bool descending, std::vector<std::size_t>& rows) {
    const auto missing = [&](std::size_t row) {
        return !column.is_text() && std::isnan(column.number(row));
    };
    std::stable_sort(rows.begin(), rows.end(), [&](std::size_t a, std::size_t b) {
        if (missing(a) || missing(b)) {
            return !missing(a) && missing(b);
        }
        return descending ? column.compare(b, a) < 0 : column.compare(a, b) < 0;
    });
}

Table pick(const Table& table, const std::vector<std::size_t>& rows,
           const std::vector<std::string>& columns) {
    Table result{table.name, {}};
    for (const auto& name : columns) {
        result.columns.push_back(gather(table.at(name), rows));
    }
    return result;
}

class Asking {
  public:
    Asking(const sweep::Record& record, const Query& query) : query_(query) {
        table_ = trials_table(record);
        if (query.epochs) {
            table_ = joined_epochs(record, table_);
        }
        filter();
    }

    Answer take() {
        const bool grouped = !query_.group_by.empty() || only_filters();
        if (grouped) {
            group();
        } else {
            list();
        }
        return std::move(answer_);
    }

  private:
    bool only_filters() const {
        return !query_.list && !query_.epochs && query_.columns.empty() && query_.top == 0 &&
               query_.best_per.empty();
    }

    void filter() {
        rows_ = matching(table_, query_.where);
        warn_of_test_filters();
        if (rows_.empty()) {
            answer_.notes.emplace_back("No row passes the filters.");
            for (auto& text : unmatched_values(table_, query_.where)) {
                answer_.warnings.push_back(std::move(text));
            }
        }
        const auto names_left_out = [](const Filter& f) { return f.column == "left_out"; };
        if (query_.all || std::any_of(query_.where.begin(), query_.where.end(), names_left_out)) {
            return;
        }
        const Column& left_out = table_.at("left_out");
        const auto dropped =
            std::erase_if(rows_, [&](std::size_t row) { return left_out.number(row) != 0; });
        if (dropped > 0) {
            answer_.notes.push_back(
                fmt::format("{} {} of trials that are left out of the sweep: see them with --all.",
                            dropped, dropped == 1 ? "row" : "rows"));
        }
    }

    void warn_of_test_filters() {
        for (const auto& filter : query_.where) {
            warn_if_test(filter.column);
        }
    }
    void warn_if_test(const std::string& column) {
        if (is_test(column)) {
            answer_.warnings.push_back(fmt::format(
                "choosing by {} makes the test set part of the choice: what it says of the chosen "
                "is too good. Choose by val_{}.",
                column, column.substr(5)));
        }
    }

    std::vector<std::string> values() const {
        if (!query_.columns.empty()) {
            return query_.columns;
        }
        return query_.epochs ? std::vector<std::string>{"train_loss", "val_auc"}
                             : std::vector<std::string>{"val_auc", "test_auc"};
    }

    void group() {
        if (!query_.best_per.empty()) {
            core::fail_input(
                "--best-per and --group-by do not go together (one lists trials, the "
                "other averages them). Leave one of them out.");
        }
        auto settings = setting_columns();
        if (query_.epochs) {
            settings.insert(settings.end(), {"phase", "epoch"});
        }
        auto by = query_.group_by;
        if (by.empty()) {
            by = {"network", "dataset", "init", "freeze"};
            for (const auto& more : differences(table_, group_rows(table_, rows_, by), settings)) {
                by.push_back(more.column);
            }
        }
        const auto groups = group_rows(table_, rows_, by);
        const auto unlike = differences(table_, groups, settings);
        if (!unlike.empty()) {
            fail_unlike(unlike, by);
        }
        for (const auto& value : values()) {
            check_averaged(value);
        }
        answer_.table = group_table(table_, groups, by, values(), ended());
        count_states();
        order_groups();
    }

    void check_averaged(const std::string& value) const {
        if (table_.at(value).is_text()) {
            core::fail_input(
                "cannot average column '{}' (it holds texts). Add it to --group-by, "
                "or leave --group-by out to list the trials.",
                value);
        }
    }

    // Rows that count in a mean: of ended trials; every epoch that was trained counts.
    std::vector<bool> ended() const {
        std::vector<bool> flags(table_.rows(), true);
        if (!query_.epochs) {
            const auto& states = std::get<Texts>(table_.at("state").data);
            for (std::size_t row = 0; row < flags.size(); ++row) {
                flags[row] = states.at(row) == "done" || states.at(row) == "diverged";
            }
        }
        return flags;
    }

    void count_states() {
        if (query_.epochs) {
            return;
        }
        const auto& states = std::get<Texts>(table_.at("state").data);
        const auto count = [&](auto is) {
            return std::count_if(rows_.begin(), rows_.end(),
                                 [&](std::size_t row) { return is(states.at(row)); });
        };
        const auto diverged = count([](const auto& s) { return s == "diverged"; });
        const auto failed = count([](const auto& s) { return s == "failed"; });
        const auto open = count([](const auto& s) { return s == "waiting" || s == "running"; });
        const auto add = [&](std::ptrdiff_t n, const char* what) {
            if (n > 0) {
                answer_.notes.push_back(fmt::format("{} of {} trials {}", n, rows_.size(), what));
            }
        };
        add(diverged, "diverged: each counts with its best epoch before, if it had one.");
        add(failed, "failed and have no numbers: graft status says why.");
        add(open, "have not ended yet.");
    }

    void order_groups() {
        Table& table = answer_.table;
        if (!query_.sort && query_.top == 0) {
            return;
        }
        Order order = order_of(query_.sort.value_or(values().front()));
        warn_if_test(order.column);
        if (!table.find(order.column) && table.find(order.column + "_mean")) {
            order.column += "_mean";
        }
        std::vector<std::size_t> rows(table.rows());
        std::iota(rows.begin(), rows.end(), 0);
        sort_rows(table.at(order.column), order.descending, rows);
        cut(rows);
        table = pick(table, rows, table.column_names());
    }

    void cut(std::vector<std::size_t>& rows) const {
        if (query_.top > 0 && rows.size() > query_.top) {
            rows.resize(query_.top);
        }
    }

    void list() {
        const bool ranked = query_.top > 0 || !query_.best_per.empty();
        if (query_.sort || ranked) {
            const Order order = order_of(query_.sort.value_or("val_auc"));
            warn_if_test(order.column);
            sort_rows(table_.at(order.column), order.descending, rows_);
        }
        if (!query_.best_per.empty()) {
            std::vector<std::size_t> best;
            for (const auto& rows : group_rows(table_, rows_, query_.best_per)) {
                best.push_back(rows.front());
            }
            rows_ = std::move(best);
        }
        cut(rows_);
        answer_.table = pick(table_, rows_, listed_columns());
    }

    // With the floor beside each AUC.
    std::vector<std::string> listed_columns() const {
        const auto named =
            !query_.columns.empty() ? query_.columns
            : query_.epochs
                ? std::vector<std::string>{"trial",      "network",  "dataset", "init",
                                           "freeze",     "seed",     "phase",   "epoch",
                                           "train_loss", "val_loss", "val_auc"}
                : std::vector<std::string>{"trial", "network", "dataset", "init",    "freeze",
                                           "seed",  "state",   "val_auc", "test_auc"};
        std::vector<std::string> columns;
        for (const auto& name : named) {
            columns.push_back(name);
            if (table_.find(name + "_floor") && !contains(named, name + "_floor")) {
                columns.push_back(name + "_floor");
            }
        }
        return columns;
    }

    const Query& query_;
    Table table_;
    std::vector<std::size_t> rows_;
    Answer answer_;
};

}  // namespace

Answer answer(const sweep::Record& record, const Query& query) {
    return Asking(record, query).take();
}

}  // namespace graft::results
