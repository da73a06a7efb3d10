// SPDX-License-Identifier: Apache-2.0
#include "commands/merge_plan.hpp"

#include "core/text.hpp"

#include "commands/naming.hpp"
#include "commands/train_again.hpp"
#include "results/comparison.hpp"

namespace graft::commands {

namespace {

bool has_result(const sweep::Trial& trial) {
    return sweep::result_of(trial.state);
}

// "test_auc 0.91 (cpu, 1 thread, on node1)"
std::string result_text(const sweep::Trial& trial) {
    const auto& result = *sweep::result_of(trial.state);
    const auto& attempt = last_saved_attempt(trial);
    return fmt::format("test_auc {} ({}, on {})", core::shortest(result.test.auc),
                       attempt.numerics.empty() ? "numerics not known" : attempt.numerics,
                       attempt.host);
}

std::string conflict_text(const sweep::Trial& theirs, const sweep::Trial& ours,
                          const results::TrialDifference& first) {
    return fmt::format("first in {} ({} here, {} there); here {}, there {}", first.where,
                       results::text_of(first.recorded), results::text_of(first.again),
                       result_text(ours), result_text(theirs));
}

// Empty: the same, as far as both are known.
std::string other_pixels(const sweep::Trial& trial, const sweep::Record& from,
                         const sweep::Record& into) {
    const auto& fingerprint = trial.spec->dataset_fingerprint;
    const auto* theirs = from.dataset(fingerprint, trial.work.image_size);
    const auto* ours = into.dataset(fingerprint, trial.work.image_size);
    if (!theirs || !ours || theirs->pixels_checksum == ours->pixels_checksum) {
        return {};
    }
    return fmt::format("dataset {} at {} px has checksum {} here, {} there", ours->dataset,
                       ours->size, ours->pixels_checksum, theirs->pixels_checksum);
}

}  // namespace

MergePlan merge_plan(const sweep::Record& from, const sweep::Record& into) {
    MergePlan plan;
    for (const auto& trial : from.trials()) {
        const auto* ours = into.find(trial.id);
        const bool planned = ours && !ours->left_out;
        if (!has_result(trial)) {
            plan.unfinished += planned && !has_result(*ours) ? 1 : 0;
        } else if (!planned) {
            plan.unplanned.push_back(trial.id);
        } else if (has_result(*ours)) {
            const auto comparison = results::compare(*ours, trial);
            if (comparison.first) {
                plan.differing.push_back(
                    {trial.id, conflict_text(trial, *ours, *comparison.first)});
            } else {
                plan.equal.push_back(trial.id);
            }
        } else if (auto text = other_pixels(trial, from, into); !text.empty()) {
            plan.other_pixels.push_back({trial.id, std::move(text)});
        } else {
            plan.taken.push_back(trial.id);
        }
    }
    return plan;
}

}  // namespace graft::commands
