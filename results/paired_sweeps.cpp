// SPDX-License-Identifier: Apache-2.0
#include "results/paired_sweeps.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/group.hpp"
#include "results/statistics/paired.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

using Names = std::vector<std::string>;
using Rows = std::vector<std::size_t>;

bool contains(const Names& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
}

std::string count_of(std::size_t n, const char* what) {
    return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s");
}

Side side_of(const NamedTrials& sweep, std::vector<Filter> where, const std::vector<Filter>& own) {
    where.insert(where.end(), own.begin(), own.end());
    Side side{sweep.name, &sweep.trials, matching(sweep.trials, where)};
    const Column& left_out = sweep.trials.at("left_out");
    std::erase_if(side.rows, [&](std::size_t row) { return left_out.number(row) != 0; });
    if (side.rows.empty()) {
        auto unmatched = unmatched_values(sweep.trials, where);
        if (!unmatched.empty()) {
            unmatched.front().pop_back();  // its full stop
        }
        core::fail_input("no trial of '{}' passes the filters ({}). Widen them.", sweep.name,
                         unmatched.empty() ? "all together" : unmatched.front());
    }
    return side;
}

void check_disjoint(const Side& first, const Side& second) {
    if (first.trials != second.trials) {
        return;
    }
    Rows common;
    std::set_intersection(first.rows.begin(), first.rows.end(), second.rows.begin(),
                          second.rows.end(), std::back_inserter(common));
    if (!common.empty()) {
        core::fail_input(
            "{} of '{}' would be compared with {} (one sweep is both sides). Choose the sides: "
            "--where-first init=random --where-second init=imagenet, for example.",
            count_of(common.size(), "trial"), first.name,
            common.size() == 1 ? "itself" : "themselves");
    }
}

// A value of the pairs of one group.
struct Compared {
    std::size_t pairs = 0;
    double first = NAN, second = NAN;  // means over the replicates
    statistics::Paired difference;
};

class Comparing {
  public:
    Comparing(Side first, Side second, const PairQuestion& question)
        : question_(question),
          first_(std::move(first)),
          second_(std::move(second)),
          pairing_(pair_trials(first_, second_, question.but)) {
        for (const auto& [left, right] : pairing_.pairs) {
            paired_rows_.push_back(left);
            partner_[left] = right;
        }
        for (const auto& value : question.values) {
            if (first_.trials->at(value).is_text()) {
                core::fail_input(
                    "cannot compare column '{}' (it holds texts). Name numbers by --value.", value);
            }
        }
        by_ = question.group_by.empty() ? usual_groups() : question.group_by;
        groups_ = group_rows(*first_.trials, paired_rows_, by_);
    }

    PairAnswer take() {
        describe_sides();
        answer_.differences.name = "differences";
        for (const auto& name : by_) {
            answer_.differences.columns.push_back(
                gather(first_.trials->at(name), first_rows(groups_)));
        }
        bool counted = false;
        for (const auto& value : question_.values) {
            add_value(value, counted);
            counted = true;
        }
        describe_all();
        list_unpaired();
        return std::move(answer_);
    }

  private:
    bool is_distinction(std::string_view name) const {
        return std::any_of(pairing_.distinctions.begin(), pairing_.distinctions.end(),
                           [&](const Distinction& one) { return one.column == name; });
    }

    // Arms, by what else varies among the pairs; distinctions divide nothing.
    Names usual_groups() const {
        Names by{"network", "dataset", "init", "freeze"};
        Names others = setting_columns();
        std::erase_if(by, [&](const auto& name) { return is_distinction(name); });
        std::erase_if(others,
                      [&](const auto& name) { return is_distinction(name) || contains(by, name); });
        for (const auto& more :
             differences(*first_.trials, group_rows(*first_.trials, paired_rows_, by), others)) {
            by.push_back(more.column);
        }
        return by;
    }

    static Rows first_rows(const Groups& groups) {
        Rows rows;
        for (const auto& group : groups) {
            rows.push_back(group.front());
        }
        return rows;
    }

    Compared compared(const std::string& value, const Rows& group) const {
        const Column& left = first_.trials->at(value);
        const Column& right = second_.trials->at(value);
        Compared result;
        std::vector<double> firsts, seconds;
        for (const auto& replicate :
             group_rows(*first_.trials, group, {"seed", "split_seed", "fold"})) {
            double first = 0, second = 0, pairs = 0;
            for (const std::size_t row : replicate) {
                const double a = left.number(row), b = right.number(partner_.at(row));
                if (!std::isnan(a) && !std::isnan(b)) {
                    first += a;
                    second += b;
                    ++pairs;
                }
            }
            if (pairs > 0) {
                firsts.push_back(first / pairs);
                seconds.push_back(second / pairs);
                result.pairs += static_cast<std::size_t>(pairs);
            }
        }
        result.first = statistics::summarise(firsts).mean;
        result.second = statistics::summarise(seconds).mean;
        result.difference = statistics::paired(seconds, firsts, overlap_of(*first_.trials, group));
        return result;
    }

    void add_value(const std::string& value, bool counted) {
        std::vector<Compared> rows;
        std::vector<double> p;
        for (const auto& group : groups_) {
            rows.push_back(compared(value, group));
            p.push_back(rows.back().difference.p);
        }
        auto& columns = answer_.differences.columns;
        if (!counted) {
            columns.push_back(
                column("n", rows, [](const Compared& one) { return one.difference.difference.n; }));
            const auto more = [](const Compared& one) {
                return static_cast<std::int64_t>(one.pairs) > one.difference.difference.n;
            };
            if (std::any_of(rows.begin(), rows.end(), more)) {
                columns.push_back(column("pairs", rows, [](const Compared& one) {
                    return static_cast<std::int64_t>(one.pairs);
                }));
            }
        }
        const auto add = [&](const char* suffix, auto number) {
            columns.push_back(column(value + suffix, rows, number));
        };
        add("_first", [](const Compared& one) { return one.first; });
        add("_second", [](const Compared& one) { return one.second; });
        add("_difference_mean",
            [](const Compared& one) { return one.difference.difference.estimate; });
        add("_difference_sd", [](const Compared& one) { return one.difference.sd; });
        add("_difference_low", [](const Compared& one) { return one.difference.difference.low; });
        add("_difference_high", [](const Compared& one) { return one.difference.difference.high; });
        columns.push_back(
            column(value + "_p_holm", statistics::holm(p), [](double one) { return one; }));
    }

    void describe_sides() {
        Names texts;
        for (const auto& one : pairing_.distinctions) {
            texts.push_back(text_of(one));
        }
        answer_.notes.push_back(
            fmt::format("First: {}. Second: {}. {} with equal settings{}.", first_.name,
                        second_.name, count_of(pairing_.pairs.size(), "pair"),
                        texts.empty() ? "" : ", but for " + core::join(texts, " and ")));
        const bool folds = overlap_of(*first_.trials, paired_rows_).ratio > 0;
        answer_.notes.push_back(fmt::format(
            "difference: second less first; [low, high]: its 95 % interval ({}n replicates).",
            folds ? "" : "Student's, "));
        answer_.notes.emplace_back("p_holm: of a paired t test, adjusted for the rows (Holm).");
        if (folds) {
            answer_.notes.emplace_back(kFoldsNote);
        }
    }

    // Every seed with the mean over its groups, and what does not count.
    void describe_all() {
        for (const auto& value : question_.values) {
            const Compared all = compared(value, paired_rows_);
            const auto lacking = pairing_.pairs.size() - all.pairs;
            if (lacking > 0) {
                answer_.notes.push_back(fmt::format(
                    "{} {} no {} on both sides (not ended, failed, or diverged without a "
                    "checkpoint) and {} not count.",
                    count_of(lacking, "pair"), lacking == 1 ? "has" : "have", value,
                    lacking == 1 ? "does" : "do"));
            }
            const auto& whole = all.difference.difference;
            if (groups_.size() > 1 && whole.known()) {
                answer_.notes.push_back(
                    fmt::format("All {} rows together, {}: {:+.4f} [{:+.4f}, {:+.4f}], p {:.4f}, "
                                "over {} replicates.",
                                groups_.size(), value, whole.estimate, whole.low, whole.high,
                                all.difference.p, whole.n));
            }
        }
    }

    void list_unpaired() {
        Table& grouped = answer_.unpaired;
        Table& trials = answer_.unpaired_trials;
        grouped.name = "unpaired";
        trials.name = "unpaired_trials";
        const std::pair<const Side*, const Rows*> sides[]{{&first_, &pairing_.only_first},
                                                          {&second_, &pairing_.only_second}};
        for (const auto& [side, rows] : sides) {
            append_trials(trials, *side, *rows);
            append_groups(grouped, *side, group_rows(*side->trials, *rows, shown_columns()));
        }
    }

    // Arms, and the distinctions: which of several values has no partner.
    Names shown_columns() const {
        Names names = by_;
        for (const auto& one : pairing_.distinctions) {
            const bool content =
                one.column == "dataset_fingerprint" || one.column == "weights_hash";
            if (!content && one.column != "seed" && !contains(names, one.column)) {
                names.push_back(one.column);
            }
        }
        std::erase(names, "seed");
        return names;
    }

    static void append(Table& table, std::vector<Column> more) {
        if (table.columns.empty()) {
            table.columns = std::move(more);
            return;
        }
        for (std::size_t i = 0; i < more.size(); ++i) {
            const auto add = [&](auto& mine) {
                const auto& its = std::get<std::remove_cvref_t<decltype(mine)>>(more[i].data);
                for (std::size_t row = 0; row < its.size(); ++row) {
                    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(mine)>, Texts>) {
                        mine.add(its.at(row));
                    } else {
                        mine.push_back(its[row]);
                    }
                }
            };
            std::visit(add, table.columns[i].data);
        }
    }

    void append_trials(Table& table, const Side& side, const Rows& rows) const {
        std::vector<Column> columns;
        columns.push_back(column("side", rows, [&](std::size_t) { return side.name; }));
        Names names{"trial"};
        for (const auto& name : shown_columns()) {
            names.push_back(name);
        }
        names.insert(names.end(), {"seed", "split_seed", "fold", "state"});
        for (const auto& name : names) {
            columns.push_back(gather(side.trials->at(name), rows));
        }
        append(table, std::move(columns));
    }

    void append_groups(Table& table, const Side& side, const Groups& groups) const {
        std::vector<Column> columns;
        columns.push_back(column("side", groups, [&](const Rows&) { return side.name; }));
        for (const auto& name : shown_columns()) {
            columns.push_back(gather(side.trials->at(name), first_rows(groups)));
        }
        columns.push_back(column("trials", groups, [](const Rows& rows) {
            return static_cast<std::int64_t>(rows.size());
        }));
        columns.push_back(column("seeds", groups, [&](const Rows& rows) {
            Names seeds;
            for (const auto& same : group_rows(*side.trials, rows, {"seed"})) {
                seeds.push_back(results::text_of(side.trials->at("seed").at(same.front())));
            }
            return core::join(seeds);
        }));
        append(table, std::move(columns));
    }

    const PairQuestion& question_;
    Side first_, second_;
    Pairing pairing_;
    Rows paired_rows_;                                      // of the first side
    std::unordered_map<std::size_t, std::size_t> partner_;  // of these
    Names by_;
    Groups groups_;
    PairAnswer answer_;
};

}  // namespace

PairAnswer compare(const NamedTrials& first, const NamedTrials& second,
                   const PairQuestion& question) {
    Side left = side_of(first, question.where, question.where_first);
    Side right = side_of(second, question.where, question.where_second);
    check_disjoint(left, right);
    return Comparing(std::move(left), std::move(right), question).take();
}

}  // namespace graft::results
