// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_stopping.hpp"

#include <algorithm>

#include "core/text.hpp"

#include "sweep/rivals.hpp"

namespace graft::commands {

namespace {

struct Epochs {
    double all = 0, least = 0;
};

// Of rivals when each rung lets exactly its share on; then nothing more can be saved.
Epochs epochs_of(const sweep::StoppingSettings& settings, const Study& study,
                 const std::vector<std::size_t>& rivals) {
    const auto& training = study.trials[rivals.front()].spec->training;
    const auto n = static_cast<double>(rivals.size());
    Epochs epochs{n * (training.warmup_epochs + training.epochs), n * training.warmup_epochs};
    std::size_t left = rivals.size();
    std::int32_t before = 0;
    for (const auto rung : sweep::rungs(settings, training.epochs)) {
        epochs.least += static_cast<double>(left) * (rung - before);
        left = std::max<std::size_t>(1, left / static_cast<std::size_t>(settings.reduction));
        before = rung;
    }
    epochs.least += static_cast<double>(left) * (training.epochs - before);
    return epochs;
}

std::string rungs_text(const sweep::StoppingSettings& settings, const Study& study) {
    std::int32_t most = 0;
    for (const auto& trial : study.trials) {
        most = std::max(most, trial.spec->training.epochs);
    }
    std::vector<std::string> texts;
    for (const auto rung : sweep::rungs(settings, most)) {
        texts.push_back(std::to_string(rung));
    }
    return texts.empty() ? "none: first_rung is no earlier than the last epoch" : core::join(texts);
}

std::string asha_text(const sweep::Rivals& rivals, const Study& study) {
    const auto& settings = rivals.settings();
    std::size_t fewest = study.trials.size(), most = 0, groups = 0;
    Epochs sum;
    for (const auto& [key, group] : rivals.groups()) {
        if (rivals.settings_for(study.trials[group.front()].spec).stop == sweep::StopRule::none) {
            continue;
        }
        ++groups;
        fewest = std::min(fewest, group.size());
        most = std::max(most, group.size());
        const auto epochs = epochs_of(settings, study, group);
        sum.all += epochs.all;
        sum.least += epochs.least;
    }
    if (groups == 0) {
        return "";
    }
    std::string text = fmt::format(
        "Stopping (asha): trials that differ in {} alone compete, {} of {}. After {} epochs "
        "(rungs; "
        "the warm-up does not count) the best 1/{} of those that got there go on.\n",
        core::join(settings.over, " and "), core::counted(groups, "group"),
        fewest == most ? std::to_string(most) : fmt::format("{} to {}", fewest, most),
        rungs_text(settings, study), settings.reduction);
    if (most == 1) {
        return text +
               "Nobody has a rival, so nothing will be stopped: name axes of the grid in "
               "[stopping] "
               "over that have several values.\n";
    }
    return text + fmt::format(
                      "At least {:.0f} % of their epochs are trained; the times here assume all of "
                      "them.\n",
                      100 * sum.least / sum.all);
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
