// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

#include "models/network.hpp"
#include "sweep/message.hpp"

#include "trainer/dataset.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/model.hpp"
#include "trainer/state_file.hpp"
#include "trainer/watcher.hpp"

namespace graft::trainer {

// Where a trial's inputs are and where its files go.
struct Places {
    std::filesystem::path sweep;    // its directory
    std::filesystem::path weights;  // of a pretrained network; empty for random
};

// The training of one trial from the beginning, or from its last recorded save, to its result.
// Position, weights, moments and sums are all the state there is; batches, augmentation and dropout
// are keyed by them, so a trial that was interrupted gives the same bits.
class TrialRun {
  public:
    // Throws InputError when settings, weights or data do not fit.
    TrialRun(const sweep::Member& member, Places places, const Dataset& data, Watcher& watcher);

    enum class Outcome { ended, drained };
    // Trains until the trial has its result (completed or diverged), which went to the watcher with
    // the last save, or until it is asked to leave.
    Outcome run();

    const Model& model() const { return model_; }

  private:
    struct PhasePlan {
        sweep::Phase phase;
        std::int32_t epochs;
        int cut;
        double learning_rate;
    };
    enum class BatchEnd { good, not_finite };

    // Of its last recorded save; nothing when it has none, or begins again because that is lost.
    std::optional<TrialState> saved_state(const sweep::Member& member) const;
    void go_on_from(const sweep::Member& member);
    void begin_epoch();
    BatchEnd train_batch();
    void begin_phase();
    bool asked_to_drain();
    // Validation and the epoch's row; false when asked to leave meanwhile (nothing has changed).
    bool finish_epoch();
    void consider_best(const sweep::Metrics& validation);
    // On to the next epoch or phase; saves where that is due.
    void advance();
    bool all_epochs_done() const;

    std::filesystem::path path_of(const std::string& name) const { return places_.sweep / name; }
    Outcome leave();
    void save();
    void write_best();
    void send(sweep::MemberSave save, core::Instant began);
    TrialState state() const;
    // The result; `diverged` when the loss was not finite.
    Outcome finish(bool diverged);
    // Test metrics and files of the best epoch; false when asked to leave meanwhile.
    bool score_best(sweep::TrialResult& result);
    std::optional<Executor> for_evaluation(const Executor& executor, sweep::Phase phase,
                                           std::int32_t epoch);
    const PhasePlan& plan_of(sweep::Phase phase) const;

    sweep::Member member_;
    Places places_;
    const Dataset& data_;
    Watcher& watcher_;
    models::Network network_;
    Recipe recipe_;
    Indices train_, validation_, test_;
    Model model_;
    std::vector<PhasePlan> plan_;

    bool drain_ = false;  // asked to leave
    sweep::Position position_;
    EpochSums sums_;
    LossScaler loss_scaler_;
    Indices order_;  // of the epoch under way
    std::int32_t batches_ = 0;
    double val_auc_ = NAN;

    std::optional<sweep::Best> best_;
    std::optional<models::Weights> best_weights_;  // since this process found them
    std::optional<sweep::FileRef> best_file_;      // none while best_weights_ is unwritten
    std::vector<sweep::EpochRow> rows_;            // since the last save
    core::Instant last_save_;
    double save_seconds_ = 0;  // that the last save took
};

}  // namespace graft::trainer
