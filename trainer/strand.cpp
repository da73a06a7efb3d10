// SPDX-License-Identifier: Apache-2.0
#include "trainer/strand.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "core/error.hpp"

#include "sweep/metrics.hpp"

namespace graft::trainer {

namespace {

at::Device device_of(const Model& model) {
    return model.all_tensors().front().device();
}

}  // namespace

Strand::Strand(const models::Network& network, NetworkTensors tensors,
               std::vector<SavedMember> trials)
    : trials_(std::move(trials)), model_(network, std::move(tensors)), tally_(device_of(model_)) {}

Strand Strand::with(std::vector<SavedMember> trials) const {
    Strand one(model_.network(), model_.executor().tensors(), std::move(trials));
    one.since_save_ = since_save_;
    one.val_auc_ = val_auc_;
    one.best_ = best_;
    one.rows_ = rows_;
    return one;
}

void Strand::begin_phase(Cut cut, const Recipe& recipe, const std::vector<double>& balanced) {
    const sweep::Training& training = spec()->training;
    const bool weighted = training.loss.class_weights == sweep::ClassWeights::balanced;
    model_.train_above(
        cut, recipe.training.bn_momentum, recipe.compute,
        {{training.optimizer, training.update},
         {training.loss.label_smoothing, weighted ? balanced : std::vector<double>()}});
    loss_scaler_ = LossScaler(recipe.compute, device_of(model_));
}

void Strand::begin_epoch() {
    tally_.set(0, 0);
    images_ = 0;
    seconds_ = 0;
}

bool Strand::has_frozen_layers_of(const TrialState& state) const {
    const auto& tensors = model_.executor().tensors();
    std::vector<at::Tensor> frozen;
    for (int i = 0; i < model_.cut(); ++i) {
        const LayerTensors& layer = tensors[static_cast<std::size_t>(i)];
        frozen.insert(frozen.end(), layer.begin(), layer.end());
    }
    const auto values = flattened(frozen);
    return values.size() <= state.weights.size() &&
           std::memcmp(values.data(), state.weights.data(), values.size() * sizeof(float)) == 0;
}

void Strand::go_on_from(const TrialState& state, Frozen frozen) {
    if (frozen == Frozen::compared && !has_frozen_layers_of(state)) {
        core::fail_input(
            "trial '{}' cannot be trained beside the others (its save has other frozen layers than "
            "theirs: another machine or program made it). Set `cohorts = false` in [run].",
            trials_.front().member.trial.text());
    }
    unflatten(state.weights, model_.all_tensors());
    unflatten(state.first, model_.optimizer().first());
    unflatten(state.second, model_.optimizer().second());
    model_.optimizer().set_steps(state.adam_steps);
    tally_.set(state.sums.loss, state.sums.correct);
    images_ = state.sums.images;
    seconds_ = state.sums.seconds;
    loss_scaler_.set(state.loss_scale);
    best_ = state.best;
    val_auc_ = best_ ? best_->validation.auc : NAN;
}

Trainee Strand::trainee() {
    return {&model_, &loss_scaler_, &tally_, {}};
}

EpochSums Strand::sums() const {
    return {tally_.loss(), tally_.correct(), images_, seconds_};
}

void Strand::add_row(const sweep::EpochRow& row, std::optional<NetworkTensors> top) {
    rows_.push_back(row);
    val_auc_ = row.validation.auc;
    const sweep::Metrics none;
    if (sweep::better(spec()->training.best_by, row.validation, best_ ? best_->validation : none)) {
        best_ = sweep::Best{row.phase, row.epoch, row.validation};
        best_top_ = top ? std::move(*top) : model_.copy_of_top();
        for (SavedMember& trial : trials_) {
            trial.best.reset();
        }
    }
}

void Strand::spend(double seconds, Spent how) {
    since_save_ += seconds;
    if (how == Spent::in_epoch) {
        seconds_ += seconds;
    }
}

TrialState Strand::state(const sweep::Position& position) const {
    TrialState state;
    state.position = position;
    state.sums = sums();
    state.loss_scale = loss_scaler_.value();
    state.best = best_;
    state.adam_steps = model_.optimizer().steps();
    state.weights = flattened(model_.all_tensors());
    state.first = flattened(model_.optimizer().first());
    state.second = flattened(model_.optimizer().second());
    return state;
}

std::optional<models::Weights> Strand::whole_best() const {
    return best_top_ ? std::optional(model_.weights_of(*best_top_)) : std::nullopt;
}

Snapshot Strand::snapshot(const sweep::Position& position) const {
    return {trials_, state(position), whole_best()};
}

void Strand::written(const std::vector<SavedMember>& trials,
                     const std::optional<sweep::Best>& best) {
    const auto epoch_of = [](const std::optional<sweep::Best>& one) {
        return one ? std::pair(one->phase, one->epoch) : std::pair(sweep::Phase::warmup, 0);
    };
    const bool is_best = epoch_of(best) == epoch_of(best_);
    for (std::size_t i = 0; i < trials_.size(); ++i) {
        trials_[i].state = trials[i].state;
        if (is_best) {
            trials_[i].best = trials[i].best;
        }
    }
    if (is_best) {
        best_top_.reset();
    }
}

void Strand::write_best(const std::filesystem::path& sweep, std::int64_t save) {
    if (best_top_) {
        written(write_files({trials_, {}, whole_best()}, model_.network(), sweep, save), best_);
    }
}

void Strand::stop(const std::vector<sweep::TrialId>& stopped) {
    for (auto& [member, state, best, position] : trials_) {
        member.stops = std::find(stopped.begin(), stopped.end(), member.trial) != stopped.end();
    }
}

std::vector<sweep::FileRef> Strand::files_of(const sweep::TrialId& trial) const {
    const auto found = std::find_if(trials_.begin(), trials_.end(), [&](const SavedMember& one) {
        return one.member.trial == trial;
    });
    return trainer::files_of(*found);
}

std::vector<sweep::MemberSave> Strand::take_saves() {
    std::vector<sweep::MemberSave> saves;
    for (const SavedMember& trial : trials_) {
        sweep::MemberSave save;
        save.trial = trial.member.trial;
        save.rows = rows_;
        save.best = best_;
        save.seconds = since_save_;
        saves.push_back(std::move(save));
    }
    rows_.clear();
    since_save_ = 0;
    return saves;
}

Branch Strand::best_branch(const std::filesystem::path& sweep, int cut) const {
    for (const SavedMember& trial : trials_) {
        if (trial.best) {
            check_file(sweep, *trial.best);  // hours may have passed since it was written
        }
    }
    const auto& network = model_.network();
    models::Weights read;
    if (!best_top_) {
        read = models::read_keras_weights(sweep / trials_.front().best->name, network,
                                          models::Head::require);
    }
    NetworkTensors tensors = model_.executor().tensors();
    for (auto i = static_cast<std::size_t>(model_.cut()); i < tensors.size(); ++i) {
        tensors[i] = best_top_ ? best_top_->at(i)
                               : to_torch(network, static_cast<int>(i), read.tensors.at(i),
                                          device_of(model_));
    }
    return {Executor(network, std::move(tensors)), cut};
}

}  // namespace graft::trainer
