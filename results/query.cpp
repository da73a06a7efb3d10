// SPDX-License-Identifier: Apache-2.0
#include "results/query.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/epochs_of_trials.hpp"
#include "results/group.hpp"
#include "results/order.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

bool contains(const std::vector<std::string>& texts, std::string_view text) {
    return std::find(texts.begin(), texts.end(), text) != texts.end();
}

bool is_test(std::string_view column) {
    return column.starts_with("test_");
}

Table pick(const Columns& table, const std::vector<std::size_t>& rows,
           const std::vector<std::string>& columns) {
    Table result{table.name, {}};
    for (const auto& name : columns) {
        result.columns.push_back(gather(table.at(name), rows));
    }
    return result;
}

class Asking {
  public:
    Asking(const Sweeps& sweeps, const Query& query)
        : query_(query), sweeps_(sweeps), trials_(sweeps.table("trials")) {
        if (query.epochs) {
            epochs_.emplace(sweeps);
        }
        if (query.by && query.best_per.empty()) {
            core::fail_input(
                "--by '{}' says what is best (and nothing asks for the best). Add for example "
                "--best-per network,dataset; rows are put in order by --sort.",
                *query.by);
        }
        if (sweeps.repeated() > 0) {
            answer_.notes.push_back(fmt::format(
                "{} in several of the sweeps: counted once.",
                sweeps.repeated() == 1 ? "1 trial stands"
                                       : fmt::format("{} trials stand", sweeps.repeated())));
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
    const Columns& table() const { return epochs_ ? *epochs_ : trials_; }

    bool only_filters() const {
        return !query_.list && !query_.epochs && query_.columns.empty() && query_.top == 0 &&
               query_.best_per.empty();
    }

    void filter() {
        rows_ = matching(table(), query_.where);
        warn_of_test_filters();
        if (rows_.empty()) {
            answer_.notes.emplace_back("No row passes the filters.");
            for (auto& text : unmatched_values(table(), query_.where)) {
                answer_.warnings.push_back(std::move(text));
            }
        }
        const auto names_left_out = [](const Filter& f) { return f.column == "left_out"; };
        if (query_.all || std::any_of(query_.where.begin(), query_.where.end(), names_left_out)) {
            return;
        }
        const auto& all = std::get<Integers>(trials_.at("left_out").data);
        if (std::find(all.begin(), all.end(), 1) == all.end()) {
            return;
        }
        const Column& left_out = table().at("left_out");
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
        if (!is_test(column)) {
            return;
        }
        auto warning = fmt::format(
            "choosing by {} makes the test set part of the choice: what it says of the chosen "
            "is too good. Choose by val_{}.",
            column, column.substr(5));
        if (!contains(answer_.warnings, warning)) {
            answer_.warnings.push_back(std::move(warning));
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
        auto by = query_.group_by;
        if (by.empty()) {
            by = {"network", "dataset", "init", "freeze"};
            for (const auto& more : unlike(group_rows(table(), rows_, by), by)) {
                by.push_back(more.column);
            }
        }
        const auto groups = group_rows(table(), rows_, by);
        const auto found = unlike(groups, by);
        if (!found.empty()) {
            fail_unlike(found, by);
        }
        for (const auto& value : values()) {
            check_averaged(value);
        }
        answer_.table = group_table(table(), groups, by, values(), ended());
        explain_intervals(groups);
        count_states();
        order_groups();
    }

    // In what rows differ that agree in the columns of `by`. Settings are compared trial by trial:
    // a million epochs have few trials.
    std::vector<Difference> unlike(const Groups& groups, const std::vector<std::string>& by) const {
        const auto others = [&](std::vector<std::string> columns) {
            std::erase_if(columns, [&](const auto& column) { return contains(by, column); });
            return columns;
        };
        const auto settings = others(setting_columns());
        if (!epochs_) {
            return differences(trials_, groups, settings);
        }
        auto found = differences(trials_, epochs_->trials_of(groups), settings);
        for (auto& more : differences(*epochs_, groups, others({"phase", "epoch"}))) {
            found.push_back(std::move(more));
        }
        return found;
    }

    void explain_intervals(const Groups& groups) {
        const auto& n = std::get<Integers>(answer_.table.at("n").data);
        const bool folds = std::any_of(groups.begin(), groups.end(), [&](const auto& rows) {
            return overlap_of(table(), rows).ratio > 0;
        });
        if (std::any_of(n.begin(), n.end(), [](auto trials) { return trials > 1; })) {
            answer_.notes.push_back(
                fmt::format("[low, high]: the 95 % interval of the mean ({}over the n trials).",
                            folds ? "" : "Student's, "));
        }
        if (folds) {
            answer_.notes.emplace_back(kFoldsNote);
        }
        const auto single = std::count(n.begin(), n.end(), 1);
        if (single > 0) {
            answer_.notes.push_back(
                fmt::format("{} of 1 trial: no interval.",
                            single == 1 ? "1 group" : fmt::format("{} groups", single)));
        }
    }

    void check_averaged(const std::string& value) const {
        if (table().at(value).is_text()) {
            core::fail_input(
                "cannot average column '{}' (it holds texts). Add it to --group-by, "
                "or leave --group-by out to list the trials.",
                value);
        }
    }

    // Rows that count in a mean: of ended trials; every epoch that was trained counts.
    std::vector<bool> ended() const {
        std::vector<bool> flags(table().rows(), true);
        if (!query_.epochs) {
            const auto& states = std::get<Texts>(table().at("state").data);
            for (std::size_t row = 0; row < flags.size(); ++row) {
                const auto& state = states.at(row);
                flags[row] = state == "done" || state == "stopped" || state == "diverged";
            }
        }
        return flags;
    }

    void count_states() {
        if (query_.epochs) {
            return;
        }
        const auto& states = std::get<Texts>(table().at("state").data);
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
        add(count([](const auto& s) { return s == "stopped"; }),
            "were stopped early: each counts with its best epoch until then. All of their epochs: "
            "graft retry DIR --stopped.");
        add(diverged, "diverged: each counts with its best epoch before, if it had one.");
        add(failed, "failed and have no numbers: graft status says why.");
        add(open, "have not ended yet.");
    }

    void order_groups() {
        Table& table = answer_.table;
        if (!query_.sort && query_.top == 0) {
            return;
        }
        Order order = order_of(query_.sort.value_or(values().front()), "--sort");
        warn_if_test(order.column);
        if (!table.find(order.column) && table.find(order.column + "_mean")) {
            order.column += "_mean";
        }
        std::vector<std::size_t> rows(table.rows());
        std::iota(rows.begin(), rows.end(), 0);
        sort_rows(table, order, query_.top, rows);
        table = pick(table, rows, table.column_names());
    }

    void list() {
        std::optional<Order> order;
        if (query_.sort) {
            order = order_of(*query_.sort, "--sort");
        }
        if (!query_.best_per.empty()) {
            const Order best = order_of(query_.by.value_or("val_auc"), "--by");
            warn_if_test(best.column);
            rows_ = first_rows(table(), best, group_rows(table(), rows_, query_.best_per));
            order = order.value_or(best);
            answer_.notes.push_back(fmt::format("Best by {} ({} first).", best.column,
                                                best.descending ? "largest" : "smallest"));
        } else if (query_.top > 0 && !order) {
            order = order_of("val_auc", "--sort");
        }
        if (order) {
            if (query_.best_per.empty() || query_.top > 0) {
                warn_if_test(order->column);
            }
            sort_rows(table(), *order, query_.top, rows_);
        }
        answer_.table = pick(table(), rows_, listed_columns());
        tell_of_checkpoints();
    }

    void tell_of_checkpoints() {
        const Column* checkpoint = answer_.table.find("checkpoint");
        if (!checkpoint || query_.best_per.empty()) {
            return;
        }
        const auto& files = std::get<Texts>(checkpoint->data);
        std::ptrdiff_t without = 0;
        for (std::size_t row = 0; row < files.size(); ++row) {
            without += files.at(row).empty() ? 1 : 0;
        }
        if (without > 0) {
            answer_.notes.push_back(fmt::format(
                "{} of {} rows have no checkpoint: not ended, without a best epoch, or their "
                "weights were freed (keep_weights, graft clean).",
                without, files.size()));
        }
    }

    std::vector<std::string> usual_columns() const {
        std::vector<std::string> names{"trial", "network", "dataset", "init", "freeze", "seed"};
        if (const auto& folds = std::get<Integers>(trials_.at("folds").data);
            std::any_of(folds.begin(), folds.end(), [](auto of) { return of > 0; })) {
            names.emplace_back("fold");
        }
        if (sweeps_.count() > 1) {
            names.insert(names.begin(), "sweep");
        }
        const auto add = [&](std::vector<std::string> more) {
            for (auto& name : more) {
                if (!contains(names, name)) {
                    names.push_back(std::move(name));
                }
            }
        };
        add(query_.epochs
                ? std::vector<std::string>{"phase", "epoch", "train_loss", "val_loss", "val_auc"}
                : std::vector<std::string>{"state", "val_auc", "test_auc"});
        add(query_.best_per);
        if (query_.by) {
            add({order_of(*query_.by, "--by").column});
        }
        if (!query_.best_per.empty() && !query_.epochs) {
            add({"checkpoint"});
        }
        return names;
    }

    // With the floor beside each AUC.
    std::vector<std::string> listed_columns() const {
        const auto named = query_.columns.empty() ? usual_columns() : query_.columns;
        std::vector<std::string> columns;
        for (const auto& name : named) {
            columns.push_back(name);
            if (table().find(name + "_floor") && !contains(named, name + "_floor")) {
                columns.push_back(name + "_floor");
            }
        }
        return columns;
    }

    const Query& query_;
    const Sweeps& sweeps_;
    const Columns& trials_;
    std::optional<EpochsOfTrials> epochs_;
    std::vector<std::size_t> rows_;
    Answer answer_;
};

}  // namespace

Answer answer(const Sweeps& sweeps, const Query& query) {
    return Asking(sweeps, query).take();
}

Answer answer(const sweep::Record& record, const Query& query) {
    return answer(Sweeps({{record.sweep_name(), {}, &record}}), query);
}

}  // namespace graft::results
