// SPDX-License-Identifier: Apache-2.0
#include "trainer/trial_run.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/metrics.hpp"
#include "sweep/trial_files.hpp"

#include "trainer/precision.hpp"
#include "trainer/predictions.hpp"
#include "trainer/step.hpp"
#include "trainer/trial_setup.hpp"

namespace graft::trainer {

namespace {

double seconds_since(core::Instant start) {
    return core::Seconds(core::now() - start).count();
}

}  // namespace

TrialRun::TrialRun(const sweep::Member& member, Places places, const Dataset& data,
                   Watcher& watcher)
    : member_(member),
      places_(std::move(places)),
      data_(data),
      watcher_(watcher),
      network_(models::build_network(member.spec.network, data.classes(),
                                     member.spec.training.head_units)),
      recipe_{&network_, member.spec.training, member.spec.seed,
              compute_type(member.spec.training.precision, data.device())},
      train_(stratified_share(images_of(data.prepared(), data::Part::train), data.prepared().labels,
                              member.spec.training.train_fraction, member.spec.seed)),
      validation_(images_of(data.prepared(), data::Part::validation)),
      test_(images_of(data.prepared(), data::Part::test)),
      model_(network_, first_weights(network_, member.spec, places_.weights), data.device()) {
    check_trial(member.spec, data, train_.size(), validation_.size());
    const auto& training = recipe_.training;
    const double warmup_rate =
        training.warmup_learning_rate > 0 ? training.warmup_learning_rate : training.learning_rate;
    if (sweep::has_warmup(member.spec)) {
        plan_.push_back(
            {sweep::Phase::warmup, training.warmup_epochs, network_.base_layers, warmup_rate});
    }
    plan_.push_back({sweep::Phase::fine_tune, sweep::fine_tune_epochs(member.spec),
                     models::frozen_layers(network_, member.spec.freeze), training.learning_rate});
    position_.phase = plan_.front().phase;
    batches_ = batches_of(train_.size(), training.batch_size);
    begin_phase();
    go_on_from(member);
    begin_epoch();
    last_save_ = core::now();
}

const TrialRun::PhasePlan& TrialRun::plan_of(sweep::Phase phase) const {
    return *std::find_if(plan_.begin(), plan_.end(),
                         [&](const PhasePlan& plan) { return plan.phase == phase; });
}

bool TrialRun::all_epochs_done() const {
    return position_.phase == plan_.back().phase && position_.epoch > plan_.back().epochs;
}

TrialRun::Outcome TrialRun::run() {
    while (!all_epochs_done()) {
        while (position_.batch < batches_) {
            if (train_batch() == BatchEnd::not_finite) {
                return finish(true);
            }
            if (asked_to_drain()) {
                return leave();
            }
        }
        if (!finish_epoch()) {
            return leave();
        }
        advance();
    }
    return finish(false);
}

void TrialRun::begin_phase() {
    model_.train_above(plan_of(position_.phase).cut, recipe_.training.bn_momentum, recipe_.compute);
    loss_scaler_ = LossScaler(recipe_.compute, data_.device());
}

void TrialRun::begin_epoch() {
    order_ = epoch_order(train_, recipe_.seed, epoch_key(position_.phase, position_.epoch));
}

TrialRun::BatchEnd TrialRun::train_batch() {
    const core::Instant began = core::now();
    const auto epoch = epoch_key(position_.phase, position_.epoch);
    const auto samples = batch_of(order_, recipe_.training.batch_size, position_.batch);
    const Model::Batch batch = train_step(model_, recipe_, loss_scaler_,
                                          {data_.images(samples), data_.labels(samples), epoch,
                                           samples, plan_of(position_.phase).learning_rate});
    if (!std::isfinite(batch.loss)) {
        return BatchEnd::not_finite;
    }
    sums_.loss += batch.loss * static_cast<double>(batch.images);
    sums_.correct += batch.correct;
    sums_.images += batch.images;
    sums_.seconds += seconds_since(began);
    ++position_.batch;
    ++position_.step;
    return BatchEnd::good;
}

bool TrialRun::asked_to_drain() {
    const auto images = static_cast<double>(sums_.images);
    const Watcher::Shown shown{position_, batches_, images / sums_.seconds, sums_.loss / images,
                               val_auc_};
    drain_ = drain_ || watcher_.after_batch(shown) == Watcher::Request::drain;
    return drain_;
}

std::optional<Executor> TrialRun::for_evaluation(const Executor& executor, sweep::Phase phase,
                                                 std::int32_t epoch) {
    return reestimated(executor, recipe_, data_, train_, plan_of(phase).cut,
                       epoch_key(phase, epoch), [this] { return !asked_to_drain(); });
}

bool TrialRun::finish_epoch() {
    const core::Instant began = core::now();
    const auto score = [&](const Executor& executor) {
        const auto predictions = predict(executor, recipe_, data_, validation_, Features::leave,
                                         [this] { return !asked_to_drain(); });
        return predictions ? std::optional(metrics_of(*predictions, validation_, data_))
                           : std::nullopt;
    };
    sweep::EpochRow row;
    std::optional<sweep::Metrics> moving, fresh;
    const auto how = recipe_.training.evaluate_bn;
    if (how != sweep::EvaluateBn::reestimated && !(moving = score(model_.executor()))) {
        return false;
    }
    if (how != sweep::EvaluateBn::moving) {
        const auto other = for_evaluation(model_.executor(), position_.phase, position_.epoch);
        if (!other || !(fresh = score(*other))) {
            return false;
        }
        row.val_auc_reestimated = fresh->auc;
    }
    row.validation = moving ? *moving : *fresh;
    row.phase = position_.phase;
    row.epoch = position_.epoch;
    row.step = position_.step;
    row.train_loss = sums_.loss / static_cast<double>(sums_.images);
    row.train_accuracy = static_cast<double>(sums_.correct) / static_cast<double>(sums_.images);
    row.images_per_second = static_cast<double>(sums_.images) / sums_.seconds;
    row.seconds = sums_.seconds + seconds_since(began);
    rows_.push_back(row);
    consider_best(row.validation);
    return true;
}

void TrialRun::consider_best(const sweep::Metrics& validation) {
    val_auc_ = validation.auc;
    const sweep::Metrics none;
    if (sweep::better(recipe_.training.best_by, validation, best_ ? best_->validation : none)) {
        best_ = sweep::Best{position_.phase, position_.epoch, validation};
        best_weights_ = model_.weights();
        best_file_.reset();
    }
}

void TrialRun::advance() {
    const bool phase_over = position_.epoch == plan_of(position_.phase).epochs;
    const bool last = position_.phase == plan_.back().phase;
    position_.batch = 0;
    sums_ = EpochSums{};
    if (phase_over && !last) {
        position_.phase = plan_.back().phase;
        position_.epoch = 1;
        begin_phase();
    } else {
        ++position_.epoch;
    }
    begin_epoch();
    // Work is worth a save when losing it would cost more than fifty saves.
    if (!all_epochs_done() && (phase_over || seconds_since(last_save_) > 50 * save_seconds_)) {
        save();
    }
}

TrialRun::Outcome TrialRun::leave() {
    save();
    return Outcome::drained;
}

}  // namespace graft::trainer
