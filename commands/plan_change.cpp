// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_change.hpp"

#include <set>

#include "core/error.hpp"

#include "sweep/sweep_file.hpp"

namespace graft::commands {

namespace {

bool has_results(const sweep::Trial& trial) {
    return std::holds_alternative<sweep::Done>(trial.state) || !trial.rows.empty();
}

void check_recipe(const sweep::Record& record) {
    for (const auto& trial : record.trials()) {
        if (trial.spec.recipe != sweep::kRecipe) {
            core::fail_input(
                "the sweep '{}' was begun under recipe {} (this program trains by "
                "recipe {}, which gives other numbers). Go on with the graft that "
                "began it, or start a new sweep: --output DIR.",
                record.sweep_name(), trial.spec.recipe, sweep::kRecipe);
        }
    }
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
    return change;
}

std::string change_text(const PlanChange& change) {
    if (change.first || (change.added.empty() && change.left_out.empty())) {
        return {};
    }
    return fmt::format("The sweep file changed: +{} new, {} unchanged, {} left out.",
                       change.added.size(), change.unchanged, change.left_out.size());
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
