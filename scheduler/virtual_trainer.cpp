// SPDX-License-Identifier: Apache-2.0
#include "scheduler/virtual_trainer.hpp"

#include <algorithm>
#include <cmath>

namespace graft::scheduler {

namespace {

// trainer/trial_save: a save is worth it when so many of them pass between two.
constexpr double kSavesBetween = 50;

// Of the epochs from `from` to `to`.
core::Seconds time_between(const CohortTime& time, const Epochs& epochs, double from, double to) {
    const double warmup = std::max(0.0, std::min<double>(to, epochs.warmup) - from);
    const double tuning = std::max(0.0, to - std::max<double>(from, epochs.warmup));
    return warmup * time.warmup_epoch + tuning * time.epoch;
}

}  // namespace

Epochs epochs_of(const sweep::Trial& trial) {
    const auto& training = trial.spec->training;
    const auto batches = (trial.work.train_images + training.batch_size - 1) / training.batch_size;
    const auto warmup = sweep::has_warmup(trial.spec) ? training.warmup_epochs : 0;
    return {std::min(warmup, trial.work.epochs), trial.work.epochs,
            std::max(1, static_cast<std::int32_t>(batches))};
}

double epochs_done(const Epochs& epochs, const std::optional<sweep::Position>& position) {
    if (!position) {
        return 0;
    }
    const int before = position->phase == sweep::Phase::fine_tune ? epochs.warmup : 0;
    const double part = static_cast<double>(position->batch) / epochs.batches;
    return std::clamp<double>(before + position->epoch - 1 + part, 0, epochs.all);
}

sweep::Position position_of(const Epochs& epochs, double done) {
    // A batch that ends here is done, although a division by the number of batches may say less.
    const auto batches = static_cast<std::int64_t>(std::floor(done * epochs.batches + 1e-6));
    const auto whole = static_cast<std::int32_t>(batches / epochs.batches);
    const bool tuning = whole >= epochs.warmup;
    sweep::Position position;
    position.phase = tuning ? sweep::Phase::fine_tune : sweep::Phase::warmup;
    position.epoch = whole - (tuning ? epochs.warmup : 0) + 1;
    position.batch = static_cast<std::int32_t>(batches % epochs.batches);
    position.step = batches;
    return position;
}

Stretch next_stretch(const CohortTime& time, const Epochs& epochs, double done) {
    Stretch stretch{done, static_cast<double>(epochs.all), core::Seconds(0), time.save, true};
    for (auto epoch = static_cast<std::int32_t>(std::floor(done)) + 1; epoch < epochs.all;
         ++epoch) {
        const auto work = time_between(time, epochs, done, epoch);
        if (epoch == epochs.warmup || work > kSavesBetween * time.save) {
            stretch.to = epoch;
            stretch.last = false;
            break;
        }
    }
    stretch.training = time_between(time, epochs, done, stretch.to);
    if (stretch.last) {
        stretch.training += time.scoring;
    }
    return stretch;
}

double done_after(const CohortTime& time, const Epochs& epochs, const Stretch& stretch,
                  core::Seconds training) {
    double done = stretch.from;
    auto left = std::max(core::Seconds(0), training);
    while (done < stretch.to) {
        const double next = std::min(stretch.to, std::floor(done) + 1);
        const auto takes = time_between(time, epochs, done, next);
        if (left < takes) {
            return done + (next - done) * (left / takes);
        }
        left -= takes;
        done = next;
    }
    return done;
}

}  // namespace graft::scheduler
