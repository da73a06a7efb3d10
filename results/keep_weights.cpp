// SPDX-License-Identifier: Apache-2.0
#include "results/keep_weights.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/metrics.hpp"

#include "results/group.hpp"
#include "results/tables.hpp"

namespace graft::results {

namespace {

using sweep::Trial;

constexpr std::string_view kBestPer = "best_per:";

const sweep::TrialResult* with_weights(const Trial& trial) {
    const auto* result = sweep::result_of(trial.state);
    const bool has = result && !result->weights.name.empty() && !trial.left_out;
    return has ? result : nullptr;
}

sweep::Metrics validation_of(const Trial& trial) {
    const auto* result = with_weights(trial);
    return result && result->best ? result->best->validation : sweep::Metrics{};
}

std::size_t best_of(const std::vector<Trial>& trials, const std::vector<std::size_t>& group) {
    std::size_t best = group.front();
    for (const auto row : group) {
        if (trials[row].spec->training.best_by != trials[best].spec->training.best_by) {
            core::fail_input(
                "trials {} and {} fall into one group, but choose by {} and by {} (numbers that "
                "cannot be compared). Add best_by to the columns of best_per.",
                trials[best].id.text(), trials[row].id.text(),
                core::name_of(trials[best].spec->training.best_by),
                core::name_of(trials[row].spec->training.best_by));
        }
        if (sweep::better(trials[row].spec->training.best_by, validation_of(trials[row]),
                          validation_of(trials[best]))) {
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
