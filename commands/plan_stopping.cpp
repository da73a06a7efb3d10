// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_stopping.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "sweep/rivals.hpp"

namespace graft::commands {

namespace {

struct Epochs {
    double all = 0, trained = 0;
};

// Of so many rivals with such epochs, when each rung lets exactly its share on.
Epochs epochs_of(const sweep::StoppingSettings& settings, const sweep::Training& training,
                 std::size_t rivals) {
    const auto n = static_cast<double>(rivals);
    Epochs epochs{n * (training.warmup_epochs + training.epochs), n * training.warmup_epochs};
    std::size_t left = rivals;
    std::int32_t before = 0;
    for (const auto rung : sweep::rungs(settings, training.epochs)) {
        epochs.trained += static_cast<double>(left) * (rung - before);
        left = std::max<std::size_t>(1, left / static_cast<std::size_t>(settings.reduction));
        before = rung;
    }
    epochs.trained += static_cast<double>(left) * (training.epochs - before);
    return epochs;
}

std::string numbers_text(const std::vector<std::int32_t>& numbers) {
    std::vector<std::string> texts;
    for (const auto number : numbers) {
        texts.push_back(std::to_string(number));
    }
    return core::join(texts);
}

std::int32_t most_epochs(const Study& study) {
    std::int32_t most = 0;
    for (const auto& trial : study.trials) {
        most = std::max(most, trial.spec->training.epochs);
    }
    return most;
}

// Groups of rivals that have a trial that may be stopped.
struct Contest {
    std::size_t groups = 0, fewest = 0, most = 0;  // rivals of a group
    Epochs epochs;                                 // of those that may be stopped
};

Contest contest_of(const sweep::Rivals& rivals, const Study& study) {
    Contest contest;
    contest.fewest = study.trials.size();
    for (const auto& [key, group] : rivals.groups()) {
        std::vector<const sweep::TrialSpec*> may_end;
        for (const auto place : group) {
            const auto& spec = study.trials[place].spec;
            if (rivals.settings_for(spec).stop != sweep::StopRule::none) {
                may_end.push_back(&spec);
            }
        }
        if (may_end.empty()) {
            continue;
        }
        ++contest.groups;
        contest.fewest = std::min(contest.fewest, group.size());
        contest.most = std::max(contest.most, group.size());
        const auto epochs =
            epochs_of(rivals.settings(), (*may_end.front())->training, may_end.size());
        contest.epochs.all += epochs.all;
        contest.epochs.trained += epochs.trained;
    }
    return contest;
}

std::string asha_text(const sweep::Rivals& rivals, const Study& study) {
    const auto& settings = rivals.settings();
    const auto [groups, fewest, most, epochs] = contest_of(rivals, study);
    if (groups == 0) {
        return "";
    }
    const auto last = most_epochs(study);
    const auto rungs = sweep::rungs(settings, last);
    if (rungs.empty()) {
        return fmt::format(
            "Stopping (asha): nothing will be stopped, for first_rung = {} is no earlier than the "
            "last epoch ({}). Lower it.\n",
            settings.first_rung, last);
    }
    std::string text = fmt::format(
        "Stopping (asha): trials that differ in {} alone compete, {} of {}. After {} epochs "
        "(rungs; the warm-up does not count) the best 1/{} of those that got there go on.\n",
        core::join(settings.over, " and "), core::counted(groups, "group"),
        fewest == most ? std::to_string(most) : fmt::format("{} to {}", fewest, most),
        numbers_text(rungs), settings.reduction);
    if (most == 1) {
        return text +
               "Nobody has a rival, so nothing will be stopped: name axes of the grid in "
               "[stopping] over that have several values.\n";
    }
    return text + fmt::format(
                      "If each rung lets just its share on, {:.0f} % of their epochs are trained "
                      "(fewer or more, by the order in which they come); the times here assume "
                      "all of them.\n",
                      100 * epochs.trained / epochs.all);
}

std::string patience_text(const sweep::StoppingSettings& settings) {
    return fmt::format(
        "Stopping (patience): a trial ends {} after its best one{}. How many epochs that saves is "
        "not known before; the times here assume all of them.\n",
        core::counted(static_cast<std::size_t>(settings.patience), "epoch"),
        settings.min_epochs > 0 ? fmt::format(", but not before epoch {}", settings.min_epochs)
                                : std::string());
}

std::string spared_text(std::size_t spared, std::size_t all) {
    return spared == 0
               ? ""
               : fmt::format(
                     "{} of {} trials belong to the confirmatory family ([findings] family) "
                     "and are never stopped: their comparison needs all epochs of both "
                     "sides. To stop them, too, write family = true in [stopping]; if "
                     "nothing is to be confirmed, family = [] in [findings].\n",
                     spared, all);
}

}  // namespace

std::string stopping_text(const Study& study) {
    const auto& settings = study.file.stopping;
    if (settings.stop == sweep::StopRule::none) {
        return "";
    }
    std::vector<const sweep::TrialSpec*> specs;
    for (const auto& trial : study.trials) {
        specs.push_back(&trial.spec);
    }
    const sweep::Rivals rivals(settings, study.file.findings.family, specs);
    const auto spared = static_cast<std::size_t>(
        std::count_if(specs.begin(), specs.end(), [&](const sweep::TrialSpec* spec) {
            return rivals.settings_for(*spec).stop == sweep::StopRule::none;
        }));
    const auto rule = settings.stop == sweep::StopRule::asha ? asha_text(rivals, study)
                      : spared < specs.size()                ? patience_text(settings)
                                                             : std::string();
    return "\n" + rule + spared_text(spared, specs.size());
}

std::string stopping_assumption(const sweep::StoppingSettings& stopping) {
    return stopping.stop == sweep::StopRule::none
               ? ""
               : "It is assumed that no trial is stopped: what [stopping] saves comes off this.\n";
}

}  // namespace graft::commands
