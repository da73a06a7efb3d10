// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "models/network.hpp"
#include "sweep/message.hpp"

#include "trainer/model.hpp"
#include "trainer/snapshot.hpp"
#include "trainer/state_file.hpp"
#include "trainer/step.hpp"
#include "trainer/trial_setup.hpp"

namespace graft::trainer {

// What is trained once: one member's network or, in the head-only warm-up, the one that all members
// with equal warm-ups share. With the cohort's position it is all that its trials need to go on.
class Strand {
  public:
    // Its trials are equal so far. Tensors are shared with whoever gave them, until begin_phase()
    // makes those from the cut on its own.
    Strand(const models::Network& network, NetworkTensors tensors, std::vector<SavedMember> trials);
    // The same for some of its trials, as it stands between phases: its best weights are in files.
    Strand with(std::vector<SavedMember> trials) const;

    // `balanced`: the class weights of a trial that wants them so.
    void begin_phase(Cut cut, const Recipe& recipe, const std::vector<double>& balanced);
    void begin_epoch();
    // Whether the frozen layers become those of the state, or must be the same: other members use
    // them. Throws InputError when they are not.
    enum class Frozen : std::uint8_t { taken_over, compared };
    void go_on_from(const TrialState& state, Frozen frozen);

    Trainee trainee();
    void count(std::int64_t images) { images_ += images; }
    // Of the epoch under way; waits for the device.
    EpochSums sums() const;
    const Tally& tally() const { return tally_; }
    // Of an epoch that has ended: its weights may be the best so far. `top`: model().copy_of_top()
    // as it was then, where it has been trained since.
    void add_row(const sweep::EpochRow& row, std::optional<NetworkTensors> top = std::nullopt);

    // Time of each of its trials; of the epoch, too, or beside it.
    enum class Spent : std::uint8_t { in_epoch, beside };
    void spend(double seconds, Spent how);

    // For a save: its state, and its best weights while no file has them. Waits for the device.
    Snapshot snapshot(const sweep::Position& position) const;
    // The trials with their files, once these are written; `best`: of the snapshot. Weights that
    // became the best since then are kept for the next save.
    void written(const std::vector<SavedMember>& trials, const std::optional<sweep::Best>& best);
    // Writes the best weights while no file has them.
    void write_best(const std::filesystem::path& sweep, std::int64_t save);
    // What a save says of each trial beside files and result, which ends the time that the next one
    // is about.
    std::vector<sweep::MemberSave> take_saves();

    // The network of the best epoch, for that epoch's cut. Throws InputError when its file was
    // changed.
    Branch best_branch(const std::filesystem::path& sweep, int cut) const;

    // Which of its trials end where they stand: some of `stopped`.
    void stop(const std::vector<sweep::TrialId>& stopped);
    // Past the shared warm-up, where a strand has one trial.
    bool is_to_stop() const { return trials_.front().member.stops; }
    // What the last save left of one of its trials.
    std::vector<sweep::FileRef> files_of(const sweep::TrialId& trial) const;

    const std::vector<SavedMember>& trials() const { return trials_; }
    const sweep::TrialSpec& spec() const { return trials_.front().member.spec; }
    const Model& model() const { return model_; }
    const std::optional<sweep::Best>& best() const { return best_; }
    double val_auc() const { return val_auc_; }
    std::int64_t images() const { return images_; }
    double epoch_seconds() const { return seconds_; }

  private:
    TrialState state(const sweep::Position& position) const;
    std::optional<models::Weights> whole_best() const;
    bool has_frozen_layers_of(const TrialState& state) const;

    std::vector<SavedMember> trials_;
    Model model_;
    Tally tally_;
    LossScaler loss_scaler_;
    std::int64_t images_ = 0;  // of the epoch
    double seconds_ = 0;       // of each trial, of the epoch
    double since_save_ = 0;    // of each trial

    double val_auc_ = NAN;
    std::optional<sweep::Best> best_;
    std::optional<NetworkTensors> best_top_;  // from the cut on, while no file has them
    std::vector<sweep::EpochRow> rows_;       // since the last save
};

}  // namespace graft::trainer
