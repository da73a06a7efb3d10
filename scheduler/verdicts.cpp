// SPDX-License-Identifier: Apache-2.0
#include "scheduler/verdicts.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "sweep/metrics.hpp"

namespace graft::scheduler {

namespace {

using sweep::Trial;

bool has_reached(const Trial& trial, std::int32_t epoch) {
    return !trial.rows.empty() && sweep::counted_epoch(trial.spec, trial.rows.back().phase,
                                                       trial.rows.back().epoch) >= epoch;
}

// The best validation of the epochs up to this one, as the trial would choose it.
sweep::Metrics best_until(const Trial& trial, std::int32_t epoch) {
    sweep::Metrics best;
    for (const auto& row : trial.rows) {
        if (sweep::counted_epoch(trial.spec, row.phase, row.epoch) <= epoch &&
            sweep::better(trial.spec->training.best_by, row.validation, best)) {
            best = row.validation;
        }
    }
    return best;
}

double chosen_value(sweep::BestBy by, const sweep::Metrics& metrics) {
    switch (by) {
        case sweep::BestBy::val_loss:
            return metrics.loss;
        case sweep::BestBy::val_accuracy:
            return metrics.accuracy;
        case sweep::BestBy::val_auc_micro:
            return metrics.auc_micro;
        case sweep::BestBy::val_auc_macro:
            return metrics.auc_macro;
        case sweep::BestBy::val_auc:
            break;
    }
    return metrics.auc;
}

void judge_by_patience(const Trial& trial, sweep::TrialJudged& verdict) {
    const auto by = trial.spec->training.best_by;
    verdict.stops = true;
    if (!trial.best) {
        verdict.reason = fmt::format("no {} in {} epochs", core::name_of(by), verdict.epoch);
        return;
    }
    const auto best = sweep::counted_epoch(trial.spec, trial.best->phase, trial.best->epoch);
    verdict.reason =
        fmt::format("no better {} than {:.4f} for {}", core::name_of(by),
                    chosen_value(by, trial.best->validation),
                    core::counted(static_cast<std::size_t>(verdict.epoch - best), "epoch"));
}

void judge_by_rivals(const sweep::Record& record, const sweep::Rivals& rivals, const Trial& trial,
                     sweep::TrialJudged& verdict) {
    const auto by = trial.spec->training.best_by;
    const auto reduction = rivals.settings().reduction;
    const auto own = best_until(trial, verdict.epoch);
    std::size_t reached = 0, better = 0;
    for (const auto place : rivals.of(trial.spec)) {
        const auto& rival = record.trials()[place];
        if (has_reached(rival, verdict.epoch)) {
            ++reached;
            better += sweep::better(by, best_until(rival, verdict.epoch), own) ? 1 : 0;
        }
    }
    verdict.stops = !sweep::goes_on(better, reached, reduction);
    verdict.reason =
        fmt::format("{} {:.4f}: number {} of {} so far, of which the best {} on", core::name_of(by),
                    chosen_value(by, own), better + 1, reached,
                    reached < 2 * static_cast<std::size_t>(reduction)
                        ? std::string("one goes")
                        : fmt::format("{} go", reached / static_cast<std::size_t>(reduction)));
}

void judge(const sweep::Record& record, const sweep::Rivals& rivals, const Trial& trial,
           core::WallTime now, std::vector<sweep::TrialJudged>& verdicts) {
    if (sweep::result_of(trial.state) || std::holds_alternative<sweep::Failed>(trial.state) ||
        trial.left_out || !trial.position) {
        return;
    }
    const auto settings = stopping_of(rivals, trial);
    if (!sweep::verdict_due(settings, trial.spec, *trial.position, trial.best)) {
        return;
    }
    const auto epoch = *sweep::epochs_behind(trial.spec, *trial.position);
    if (trial.verdict && (trial.verdict->stops || trial.verdict->epoch >= epoch)) {
        return;
    }
    sweep::TrialJudged verdict;
    verdict.time = now;
    verdict.trial = trial.id;
    verdict.epoch = epoch;
    if (settings.stop == sweep::StopRule::patience) {
        judge_by_patience(trial, verdict);
    } else {
        judge_by_rivals(record, rivals, trial, verdict);
    }
    verdicts.push_back(std::move(verdict));
}

}  // namespace

sweep::Rivals rivals_of(const sweep::Record& record,
                        const std::optional<sweep::StoppingSettings>& instead) {
    auto settings = instead.value_or(sweep::stopping_settings(record.sweep_file()));
    settings.family = settings.family || instead;
    if (settings.stop == sweep::StopRule::none) {
        return {};
    }
    // Numbered as in the record; what is left out stands for itself alone.
    static const sweep::TrialSpec nobody;
    std::vector<const sweep::TrialSpec*> specs;
    for (const auto& trial : record.trials()) {
        specs.push_back(trial.left_out ? &nobody : &trial.spec);
    }
    return {std::move(settings), sweep::findings_settings(record.sweep_file()).family, specs};
}

sweep::StoppingSettings stopping_of(const sweep::Rivals& rivals, const Trial& trial) {
    return trial.to_the_end ? sweep::StoppingSettings{} : rivals.settings_for(trial.spec);
}

std::vector<sweep::TrialJudged> verdicts_due(const sweep::Record& record,
                                             const sweep::Rivals& rivals,
                                             const std::vector<sweep::TrialId>& trials,
                                             core::WallTime now) {
    std::vector<sweep::TrialJudged> verdicts;
    if (rivals.settings().stop != sweep::StopRule::none) {
        for (const auto& id : trials) {
            judge(record, rivals, *record.find(id), now, verdicts);
        }
    }
    return verdicts;
}

std::vector<sweep::TrialJudged> verdicts_due(const sweep::Record& record,
                                             const sweep::Rivals& rivals, core::WallTime now) {
    std::vector<sweep::TrialJudged> verdicts;
    if (rivals.settings().stop != sweep::StopRule::none) {
        for (const auto& trial : record.trials()) {
            judge(record, rivals, trial, now, verdicts);
        }
    }
    return verdicts;
}

}  // namespace graft::scheduler
