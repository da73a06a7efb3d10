// SPDX-License-Identifier: Apache-2.0
#include "scheduler/queue.hpp"

#include <algorithm>

namespace graft::scheduler {

namespace {

// Share of the trial that its last recorded save has behind it.
double done_share(const sweep::Trial& trial) {
    if (!trial.position || trial.work.epochs <= 0) {
        return 0;
    }
    const auto warmup = sweep::has_warmup(trial.spec) ? trial.spec.training.warmup_epochs : 0;
    const auto& position = *trial.position;
    const int before = position.phase == sweep::Phase::fine_tune ? warmup : 0;
    const double share = static_cast<double>(before + position.epoch - 1) / trial.work.epochs;
    return std::clamp(share, 0.0, 1.0);
}

}  // namespace

TrialClass class_of(const sweep::Trial& trial) {
    return {{trial.spec.dataset, trial.spec.dataset_fingerprint, trial.work.image_size},
            trial.spec.network,
            trial.spec.freeze,
            std::max(1, trial.spec.training.gpus_per_trial)};
}

double remaining_multiply_adds(const sweep::Trial& trial) {
    return sweep::total_multiply_adds(trial.work) * (1 - done_share(trial));
}

void Queue::insert(const sweep::Trial& trial, std::size_t place) {
    erase(trial.id);
    const TrialClass its_class = class_of(trial);
    Item item{remaining_multiply_adds(trial), place, trial.id};
    classes_[its_class].insert(item);
    where_[trial.id] = {its_class, std::move(item)};
}

void Queue::erase(const sweep::TrialId& trial) {
    const auto found = where_.find(trial);
    if (found == where_.end()) {
        return;
    }
    const auto& [its_class, item] = found->second;
    auto& items = classes_[its_class];
    items.erase(item);
    if (items.empty()) {
        classes_.erase(its_class);
    }
    where_.erase(found);
}

}  // namespace graft::scheduler
