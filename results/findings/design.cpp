// SPDX-License-Identifier: Apache-2.0
#include "results/findings/design.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"

#include "sweep/network_name.hpp"
#include "sweep/split_axis.hpp"

#include "results/status.hpp"

namespace graft::results::findings {

namespace {

using sweep::Trial;

// Keys that arms and learning rates may differ in without being unlike.
bool is_compared(std::string_view key) {
    return key == "learning_rate" || key == "transfer";
}

// What else was set, as names and texts.
using Settings = std::map<std::string, std::string>;
Settings settings_of(const Trial& trial) {
    Settings settings;
    for (const auto& key : sweep::training_keys()) {
        if (!is_compared(key.name)) {
            settings[std::string(key.name)] = sweep::text_of(key.value(trial.spec->training));
        }
    }
    settings["folds"] = std::to_string(trial.spec->fold.of);
    settings["recipe"] = std::to_string(trial.spec->recipe);
    return settings;
}

using NetworkOnDataset = std::pair<std::string, std::string>;
NetworkOnDataset where(const Trial& trial) {
    return {sweep::network_label(trial.spec->network),
            sweep::split_name(trial.spec->dataset).dataset};
}

// The settings that vary among the trials of one network on one dataset.
std::map<NetworkOnDataset, std::set<std::string>> varying(const std::vector<const Trial*>& trials) {
    std::map<NetworkOnDataset, Settings> first;
    std::map<NetworkOnDataset, std::set<std::string>> found;
    for (const auto* trial : trials) {
        const auto place = where(*trial);
        const auto settings = settings_of(*trial);
        const auto& seen = first.try_emplace(place, settings).first->second;
        auto& keys = found[place];
        for (const auto& [key, text] : settings) {
            if (seen.at(key) != text) {
                keys.insert(key);
            }
        }
    }
    return found;
}

std::string variant_of(const Trial& trial, const std::set<std::string>& keys) {
    const auto settings = settings_of(trial);
    std::vector<std::string> texts;
    for (const auto& key : keys) {
        texts.push_back(fmt::format("{} {}", key, settings.at(key)));
    }
    return core::join(texts);
}

void add(Cell& cell, const Trial& trial, const Replicate& replicate) {
    if (std::holds_alternative<sweep::Failed>(trial.state)) {
        ++cell.failed;
        return;
    }
    const auto* result = sweep::result_of(trial.state);
    if (!result) {
        ++cell.unfinished;
    } else if (!result->best) {
        ++cell.failed;
    } else {
        cell.diverged += result->diverged_epoch > 0 ? 1 : 0;
        cell.stopped += std::holds_alternative<sweep::Stopped>(trial.state) ? 1 : 0;
        cell.runs.push_back({replicate, &trial});
    }
}

Cell& cell_of(Context& context, const Arm& arm, double rate) {
    const auto found = std::find_if(
        context.cells.begin(), context.cells.end(),
        [&](const Cell& cell) { return cell.arm == arm && cell.learning_rate == rate; });
    return found != context.cells.end() ? *found : context.cells.emplace_back(Cell{arm, rate, {}});
}

// Random first, then other starts from scratch, then pretrained ones; of each the least frozen
// first.
auto order_of(const Arm& arm) {
    const int kind = arm.init == "random" ? 0 : arm.init == "mean_var" ? 1 : 2;
    return std::tuple(kind, arm.init, -arm.transfer, arm.freeze);
}

void sort(Context& context) {
    std::sort(context.cells.begin(), context.cells.end(), [](const Cell& a, const Cell& b) {
        return std::pair(order_of(a.arm), a.learning_rate) <
               std::pair(order_of(b.arm), b.learning_rate);
    });
    for (auto& cell : context.cells) {
        std::sort(cell.runs.begin(), cell.runs.end(),
                  [](const Run& a, const Run& b) { return a.replicate < b.replicate; });
        const auto same = [](const Run& a, const Run& b) { return a.replicate == b.replicate; };
        cell.runs.erase(std::unique(cell.runs.begin(), cell.runs.end(), same), cell.runs.end());
    }
}

}  // namespace

std::string text_of(const Arm& arm) {
    std::string text = short_init(arm.init);
    if (arm.transfer < 100 && arm.init != "random") {
        text += fmt::format(", {} % transferred", core::shortest(arm.transfer));
    }
    if (arm.freeze > 0) {
        text += fmt::format(", {} % frozen", core::shortest(arm.freeze));
    }
    return text;
}

std::string text_of(const Context& context) {
    return fmt::format("{} on {}{}", context.network, context.dataset,
                       context.variant.empty() ? "" : fmt::format(" ({})", context.variant));
}

const sweep::TrialResult& Run::result() const {
    return *sweep::result_of(trial->state);
}

statistics::Overlap overlap_of(const std::vector<Replicate>& replicates) {
    const bool several =
        std::any_of(replicates.begin(), replicates.end(),
                    [&](const Replicate& one) { return one.fold != replicates.front().fold; });
    return several ? statistics::overlap_of_folds(replicates.front().folds) : statistics::Overlap{};
}

statistics::Overlap overlap_of(const std::vector<Run>& runs) {
    std::vector<Replicate> replicates;
    for (const auto& run : runs) {
        replicates.push_back(run.replicate);
    }
    return overlap_of(replicates);
}

std::vector<FoldSet> fold_sets(const Cell& cell) {
    std::vector<FoldSet> sets;
    for (const auto& run : cell.runs) {
        const auto& replicate = run.replicate;
        if (replicate.fold == 0) {
            continue;
        }
        const bool known = !sets.empty() && sets.back().split_seed == replicate.split_seed &&
                           sets.back().seed == replicate.seed;
        if (!known) {
            sets.push_back({replicate.split_seed, replicate.seed, replicate.folds, {}});
        }
        sets.back().runs.push_back(&run);
    }
    return sets;
}

std::vector<const Run*> other_folds(const Context& context, const Run& run) {
    std::vector<const Run*> others;
    for (const auto& cell : context.cells) {
        for (const auto& set : fold_sets(cell)) {
            if (std::find(set.runs.begin(), set.runs.end(), &run) != set.runs.end()) {
                others = set.runs;
                std::erase(others, &run);
            }
        }
    }
    return others;
}

const Cell* Context::find(const Arm& arm, double learning_rate) const {
    const auto found = std::find_if(cells.begin(), cells.end(), [&](const Cell& cell) {
        return cell.arm == arm && cell.learning_rate == learning_rate;
    });
    return found == cells.end() ? nullptr : &*found;
}

std::vector<Arm> Context::arms() const {
    std::vector<Arm> arms;
    for (const auto& cell : cells) {
        if (!cell.runs.empty() && (arms.empty() || arms.back() != cell.arm)) {
            arms.push_back(cell.arm);
        }
    }
    return arms;
}

std::vector<double> Context::rates(const Arm& arm) const {
    std::vector<double> rates;
    for (const auto& cell : cells) {
        if (cell.arm == arm && !cell.runs.empty()) {
            rates.push_back(cell.learning_rate);
        }
    }
    return rates;
}

std::vector<Context> contexts_of(const sweep::Record& record) {
    std::vector<const Trial*> trials;
    for (const auto& trial : record.trials()) {
        if (!trial.left_out) {
            trials.push_back(&trial);
        }
    }
    const auto seeds = sweep::split_seeds(record.sweep_file());
    const auto keys = varying(trials);
    std::vector<Context> contexts;
    std::map<std::pair<NetworkOnDataset, std::string>, std::size_t> index;
    for (const auto* trial : trials) {
        const auto place = where(*trial);
        const auto variant = variant_of(*trial, keys.at(place));
        const auto [entry, is_new] = index.try_emplace({place, variant}, contexts.size());
        if (is_new) {
            auto others = keys.at(place);
            others.erase("train_fraction");
            contexts.push_back({place.first,
                                place.second,
                                variant,
                                {},
                                trial->spec->training.train_fraction,
                                variant_of(*trial, others)});
        }
        const Arm arm{trial->spec->init_text, trial->spec.freeze, trial->spec->training.transfer};
        add(cell_of(contexts[entry->second], arm, trial->spec->training.learning_rate), *trial,
            Replicate{sweep::split_seed_of(trial->spec->dataset, seeds), trial->spec.seed,
                      trial->spec->fold.number, trial->spec->fold.of});
    }
    for (auto& context : contexts) {
        sort(context);
    }
    return contexts;
}

std::vector<Context> without_stopped(std::vector<Context> contexts) {
    for (auto& context : contexts) {
        for (auto& cell : context.cells) {
            cell.unfinished += cell.stopped;
            cell.stopped = 0;
            std::erase_if(cell.runs, [](const Run& run) {
                return std::holds_alternative<sweep::Stopped>(run.trial->state);
            });
        }
    }
    return contexts;
}

std::vector<std::string> datasets_of(const std::vector<Context>& contexts) {
    std::vector<std::string> names;
    for (const auto& context : contexts) {
        if (std::find(names.begin(), names.end(), context.dataset) == names.end()) {
            names.push_back(context.dataset);
        }
    }
    return names;
}

double value_of(const Run& run, Metric metric) {
    const auto& result = run.result();
    return metric == Metric::val_auc ? result.best->validation.auc : value_of(result.test, metric);
}

double value_of(const sweep::Metrics& test, Metric metric) {
    switch (metric) {
        case Metric::test_auc:
            return test.auc;
        case Metric::test_auc_micro:
            return test.auc_micro;
        case Metric::test_auc_macro:
            return test.auc_macro;
        case Metric::test_accuracy:
            return test.accuracy;
        case Metric::val_auc:
            break;
    }
    return NAN;
}

}  // namespace graft::results::findings
