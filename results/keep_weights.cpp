// SPDX-License-Identifier: Apache-2.0
#include "results/keep_weights.hpp"

#include <algorithm>
#include <cmath>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/group.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

using sweep::BestBy;
using sweep::Trial;

constexpr std::string_view kBestPer = "best_per:";

const sweep::TrialResult* with_weights(const Trial& trial) {
    const auto* done = std::get_if<sweep::Done>(&trial.state);
    const bool has = done && !done->result.weights.name.empty() && !trial.left_out;
    return has ? &done->result : nullptr;
}

// The larger the better; missing numbers are worst.
double score_of(const Trial& trial) {
    const auto* result = with_weights(trial);
    if (!result || !result->best) {
        return -INFINITY;
    }
    const auto& validation = result->best->validation;
    const auto score = [&] {
        switch (trial.spec.training.best_by) {
            case BestBy::val_auc:
                return validation.auc;
            case BestBy::val_loss:
                return -validation.loss;
            case BestBy::val_accuracy:
                return validation.accuracy;
            case BestBy::val_auc_micro:
                return validation.auc_micro;
            case BestBy::val_auc_macro:
                return validation.auc_macro;
        }
        return double{NAN};
    }();
    return std::isnan(score) ? -INFINITY : score;
}

double loss_of(const Trial& trial) {
    const auto* result = with_weights(trial);
    const double loss = result && result->best ? result->best->validation.loss : NAN;
    return std::isnan(loss) ? INFINITY : loss;
}

bool is_better(const Trial& trial, const Trial& than) {
    const double score = score_of(trial);
    const double other = score_of(than);
    return score > other || (score == other && loss_of(trial) < loss_of(than));
}

std::size_t best_of(const std::vector<Trial>& trials, const std::vector<std::size_t>& group) {
    std::size_t best = group.front();
    for (const auto row : group) {
        if (trials[row].spec.training.best_by != trials[best].spec.training.best_by) {
            core::fail_input(
                "trials {} and {} fall into one group, but choose by {} and by {} (numbers that "
                "cannot be compared). Add best_by to the columns of best_per.",
                trials[best].id.value, trials[row].id.value,
                core::name_of(trials[best].spec.training.best_by),
                core::name_of(trials[row].spec.training.best_by));
        }
        if (is_better(trials[row], trials[best])) {
            best = row;
        }
    }
    return best;
}

}  // namespace

WeightRule parse_weight_rule(const std::string& text) {
    if (text == "all") {
        return {};
    }
    if (text == "none") {
        return {WeightRule::Keep::none, {}};
    }
    WeightRule rule{WeightRule::Keep::best_per, {}};
    if (text.starts_with(kBestPer)) {
        for (const auto& column : core::split(text.substr(kBestPer.size()), ',')) {
            if (!column.empty()) {
                rule.columns.push_back(column);
            }
        }
    }
    if (rule.columns.empty()) {
        core::fail_input(
            "unknown --weights '{}' (expected all, none, or best_per:COLUMN,COLUMN...). Write for "
            "example --weights best_per:network,dataset.",
            text);
    }
    return rule;
}

std::vector<sweep::TrialId> weights_to_free(const sweep::Record& record, const WeightRule& rule) {
    const auto& trials = record.trials();
    std::vector<std::size_t> rows;
    for (std::size_t row = 0; row < trials.size(); ++row) {
        if (with_weights(trials[row])) {
            rows.push_back(row);
        }
    }
    std::vector<bool> kept(trials.size(), rule.keep == WeightRule::Keep::all);
    if (rule.keep == WeightRule::Keep::best_per) {
        for (const auto& group : group_rows(trials_table(record), rows, rule.columns)) {
            kept[best_of(trials, group)] = true;
        }
    }
    std::vector<sweep::TrialId> freed;
    for (const auto row : rows) {
        if (!kept[row]) {
            freed.push_back(trials[row].id);
        }
    }
    return freed;
}

}  // namespace graft::results
