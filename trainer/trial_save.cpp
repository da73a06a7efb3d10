// SPDX-License-Identifier: Apache-2.0
// Saving, going on and ending: the part of TrialRun that touches files.
#include <cstdio>
#include <utility>

#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/metrics.hpp"
#include "sweep/trial_files.hpp"

#include "trainer/aside.hpp"
#include "trainer/predictions.hpp"
#include "trainer/trial_run.hpp"
#include "trainer/trial_setup.hpp"

namespace graft::trainer {

TrialState TrialRun::state() const {
    TrialState state;
    state.position = position_;
    state.sums = sums_;
    state.loss_scale = loss_scaler_.value();
    state.best = best_;
    state.adam_steps = model_.adam().steps();
    state.weights = flattened(model_.all_tensors());
    state.first = flattened(model_.adam().first());
    state.second = flattened(model_.adam().second());
    return state;
}

std::optional<TrialState> TrialRun::saved_state(const sweep::Member& member) const {
    std::optional<TrialState> state;
    try {
        for (const sweep::FileRef& file : member.files) {
            check_file(places_.sweep, file);
            if (sweep::is_numbered(file.name, "state")) {
                state = read_state(path_of(file.name));
            }
        }
    } catch (const core::InputError& error) {
        if (!member.may_begin_again) {
            throw;
        }
        fmt::print(stderr, "graft-trainer: trial {} begins again: {}\n", member.trial.value,
                   error.what());
        return std::nullopt;
    }
    return state;
}

void TrialRun::go_on_from(const sweep::Member& member) {
    const auto state = saved_state(member);
    if (!state) {
        return;
    }
    for (const sweep::FileRef& file : member.files) {
        if (sweep::is_numbered(file.name, "best")) {
            best_file_ = file;
        }
    }
    position_ = state->position;
    begin_phase();
    sums_ = state->sums;
    loss_scaler_.set(state->loss_scale);
    best_ = state->best;
    val_auc_ = best_ ? best_->validation.auc : NAN;
    unflatten(state->weights, model_.all_tensors());
    unflatten(state->first, model_.adam().first());
    unflatten(state->second, model_.adam().second());
    model_.adam().set_steps(state->adam_steps);
    model_.merge_bottom();
}

void TrialRun::write_best() {
    if (!best_ || best_file_) {
        return;
    }
    const std::string name =
        sweep::numbered_file(member_.trial, member_.attempt, watcher_.next_save(), "best");
    write_aside(path_of(name), [this](const std::filesystem::path& aside) {
        models::write_keras_weights(aside, network_, *best_weights_);
    });
    best_file_ = sweep::file_reference(places_.sweep, name, name);
}

void TrialRun::send(sweep::MemberSave save, core::Instant began) {
    save.trial = member_.trial;
    save.rows = std::exchange(rows_, {});
    save.best = best_;
    const core::Instant ended = core::now();
    save_seconds_ = core::Seconds(ended - began).count();
    save.seconds = core::Seconds(ended - last_save_).count();
    last_save_ = ended;
    watcher_.saved(position_, save, save_seconds_);
}

void TrialRun::save() {
    const core::Instant began = core::now();
    const std::string name =
        sweep::numbered_file(member_.trial, member_.attempt, watcher_.next_save(), "state");
    core::create_directories(path_of(name).parent_path());
    write_state(path_of(name), state());
    write_best();
    sweep::MemberSave save;
    save.files.push_back(sweep::file_reference(places_.sweep, name, name));
    if (best_file_) {
        save.files.push_back(*best_file_);
    }
    send(std::move(save), began);
}

TrialRun::Outcome TrialRun::finish(bool diverged) {
    sweep::TrialResult result;
    if (diverged) {
        result.diverged_epoch = position_.epoch;
        result.diverged_phase = position_.phase;
    }
    result.best = best_;
    if (best_ && !score_best(result)) {
        return leave();
    }
    sweep::MemberSave save;
    save.result = std::move(result);
    send(std::move(save), core::now());
    return Outcome::ended;
}

bool TrialRun::score_best(sweep::TrialResult& result) {
    if (best_file_) {
        check_file(places_.sweep, *best_file_);  // hours may have passed since it was written
    }
    if (!best_weights_) {
        best_weights_ =
            models::read_keras_weights(path_of(best_file_->name), network_, models::Head::require);
    }
    std::optional<Executor> best =
        Executor(network_, to_torch(network_, *best_weights_, data_.device()));
    if (recipe_.training.evaluate_bn == sweep::EvaluateBn::reestimated) {
        best = for_evaluation(*best, best_->phase, best_->epoch);
    }
    const auto score = [&](const Indices& images, Features features) {
        return best ? predict(*best, recipe_, data_, images, features,
                              [this] { return !asked_to_drain(); })
                    : std::nullopt;
    };
    auto validation = score(validation_, Features::leave);
    auto test = validation ? score(test_, Features::keep) : std::nullopt;
    if (!test) {
        return false;
    }
    result.test = metrics_of(*test, test_, data_);
    const std::string name =
        sweep::numbered_file(member_.trial, member_.attempt, watcher_.next_save(), "predictions");
    core::create_directories(path_of(name).parent_path());
    write_predictions(path_of(name), data_.prepared(), {validation_, std::move(*validation)},
                      {test_, std::move(*test)}, recipe_.seed);
    write_best();
    result.predictions =
        sweep::file_reference(places_.sweep, name, sweep::plain_file(member_.trial, "predictions"));
    result.weights = *best_file_;
    result.weights.name = sweep::plain_file(member_.trial, "best");
    return true;
}

}  // namespace graft::trainer
