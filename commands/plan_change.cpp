// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_change.hpp"

#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/network_name.hpp"
#include "sweep/sweep_file.hpp"

namespace graft::commands {

namespace {

bool has_results(const sweep::Trial& trial) {
    return sweep::result_of(trial.state) || !trial.rows.empty();
}

void check_recipe(const sweep::Record& record) {
    for (const auto& trial : record.trials()) {
        if (trial.spec->recipe != sweep::kRecipe) {
            core::fail_input(
                "the sweep '{}' was begun under recipe {} (this program trains by "
                "recipe {}, which gives other numbers). Go on with the graft that "
                "began it, or start a new sweep: --output DIR.",
                record.sweep_name(), trial.spec->recipe, sweep::kRecipe);
        }
    }
}

std::string_view content_of(const sweep::TrialSpec& spec) {
    return sweep::network_content(spec->network, spec->training.input_range);
}

// A setting that differs; training keys by their names.
std::vector<std::string> differences(const sweep::TrialSpec& old, const sweep::TrialSpec& now) {
    std::vector<std::string> found;
    for (const auto& key : sweep::training_keys()) {
        const auto before = key.value(old->training);
        const auto after = key.value(now->training);
        if (before != after) {
            found.push_back(fmt::format("{} {} -> {}", key.name, sweep::text_of(before),
                                        sweep::text_of(after)));
        }
    }
    if (old->dataset_fingerprint != now->dataset_fingerprint) {
        found.push_back(fmt::format("the images or settings of dataset {} changed", now->dataset));
    }
    if (content_of(old) != content_of(now)) {
        found.push_back(fmt::format("the file of network {} changed, or its preprocessing",
                                    sweep::network_label(now->network)));
    }
    if (old->weights_hash != now->weights_hash) {
        found.push_back(fmt::format("the weights of {} changed", now->init_text));
    }
    if (old->fold.of != now->fold.of) {
        found.push_back(fmt::format("dataset {} has {} folds instead of {}", now->dataset,
                                    now->fold.of, old->fold.of));
    }
    return found;
}

// What stays the same under a new name.
std::string place_in_grid(const sweep::TrialSpec& spec) {
    return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", sweep::network_label(spec->network), spec->dataset,
                       spec->init_text, core::shortest(spec.freeze), spec.seed, spec->fold.number);
}

std::map<std::string, std::size_t> renamed(const sweep::Record& record, const PlanChange& change) {
    std::map<std::string, std::vector<const sweep::TrialSpec*>> old;
    for (const auto& id : change.left_out) {
        const auto& spec = record.find(id)->spec;
        old[place_in_grid(spec)].push_back(&spec);
    }
    std::map<std::string, std::size_t> reasons;
    for (const auto& planned : change.added) {
        auto& candidates = old[place_in_grid(planned.spec)];
        for (auto& candidate : candidates) {
            const auto reason = differences(*candidate, planned.spec);
            if (reason.size() == 1) {
                ++reasons[reason.front()];
                std::swap(candidate, candidates.back());
                candidates.pop_back();
                break;
            }
        }
    }
    return reasons;
}

}  // namespace

PlanChange plan_change(const sweep::Record& record, const Study& study) {
    check_recipe(record);
    PlanChange change;
    change.first = record.trials().empty();
    std::set<sweep::TrialId> wanted;
    for (const auto& planned : study.trials) {
        const auto id = sweep::trial_id(planned.spec);
        wanted.insert(id);
        const auto* known = record.find(id);
        if (known && !known->left_out) {
            ++change.unchanged;
        } else {
            change.added.push_back(planned);
        }
    }
    for (const auto& trial : record.trials()) {
        if (!trial.left_out && !wanted.contains(trial.id)) {
            change.left_out.push_back(trial.id);
            change.left_out_with_results += has_results(trial);
        }
    }
    change.renamed = renamed(record, change);
    return change;
}

std::string change_text(const PlanChange& change) {
    if (change.first || (change.added.empty() && change.left_out.empty())) {
        return {};
    }
    std::size_t pairs = 0;
    std::string reasons;
    for (const auto& [reason, count] : change.renamed) {
        pairs += count;
        reasons += fmt::format(", {} renamed because {}", count, reason);
    }
    return fmt::format("The sweep file changed: +{} new, {} unchanged, {} left out{}.",
                       change.added.size() - pairs, change.unchanged,
                       change.left_out.size() - pairs, reasons);
}

std::vector<sweep::Event> plan_events(const sweep::Record& record, const Study& study) {
    PlanChange change = plan_change(record, study);
    const std::string text = sweep::resolved_text(study.file);
    if (change.added.empty() && change.left_out.empty() && record.sweep_file() == text) {
        return {};
    }
    sweep::Planned event;
    event.time = core::wall_now();
    event.sweep_name = study.file.name;
    event.sweep_file = text;
    event.added = std::move(change.added);
    event.left_out = std::move(change.left_out);
    return {event};
}

}  // namespace graft::commands
