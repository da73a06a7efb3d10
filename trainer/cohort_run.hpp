// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"

#include "models/network.hpp"
#include "sweep/message.hpp"

#include "trainer/cuda/mark.hpp"
#include "trainer/dataset.hpp"
#include "trainer/evaluation.hpp"
#include "trainer/group_evaluation.hpp"
#include "trainer/model.hpp"
#include "trainer/replica.hpp"
#include "trainer/replica_group.hpp"
#include "trainer/strand.hpp"
#include "trainer/trial_setup.hpp"
#include "trainer/watcher.hpp"

namespace graft::trainer {

// Where a cohort's inputs are and where its files go.
struct Places {
    std::filesystem::path sweep;    // its directory
    std::filesystem::path weights;  // of a pretrained network; empty for random
    std::string network = {};       // its definition; empty: a built-in one
};

// When the host writes the files of a save, and judges an epoch by its validation: while the
// training goes on, from copies of what it changes; or between batches, where the training itself
// needs the host's cores and memory. `by_device` does the former on a GPU, the latter on a
// processor. The results are the same, to the bit.
enum class HostWork : std::uint8_t { by_device, beside, between };

// The training of a cohort's trials side by side, from the beginning or from their last recorded
// saves, to their results; a trial alone is a cohort of one. Each batch is made once and goes
// through the frozen layers once; then each trial trains its own top, one after the other. The
// head-only warm-up is trained once for all trials whose warm-up is equal. Each trial's numbers
// are, to the bit, those that it has alone.
//
// Position, weights, moments and sums are all the state there is; batches, augmentation and dropout
// are keyed by them, so trials that were interrupted give the same bits. All of it is on the first
// device; other replicas hold copies (replica.hpp).
//
// `seconds` of rows and saves are a trial's share: its own top's time (of a shared warm-up an equal
// part), and an equal part of what is common to those that are trained; summed over the trials they
// are the device's. On a GPU the host does not see where the time goes: all of it is common.
// images_per_second counts images through the cohort, each once for all trials.
class CohortRun {
  public:
    // Throws InputError when settings, weights or data do not fit, or the members one another.
    // With `group`, on its devices, the first of which holds `data`; it must outlive this.
    CohortRun(const std::vector<sweep::Member>& members, Places places, const Dataset& data,
              Watcher& watcher, ReplicaGroup* group = nullptr,
              HostWork host_work = HostWork::by_device);

    enum class Outcome : std::uint8_t { ended, drained };
    // Trains until every trial has its result (completed or diverged), which went to the watcher
    // with its last save, or until it is asked to leave.
    Outcome run();

    // Null when it has diverged.
    const Model* model(const sweep::TrialId& trial) const;

  private:
    struct PhasePlan {
        sweep::Phase phase;
        std::int32_t epochs;
    };
    using Strands = std::vector<Strand*>;

    // From the strands so far to those of the position's phase.
    void begin_phase();
    void go_on();
    // Gives the strands' networks to the replicas.
    void join();
    Replica& replica(int i) { return *replicas_[static_cast<std::size_t>(i)]; }
    const SharedBottom& bottom() const { return replicas_.front()->bottom(); }
    void begin_epoch();

    void train_batch();
    // Lets a GPU catch up where it is far behind: whoever asks to leave waits for what is launched.
    void stay_near();
    bool asked_to_drain();
    // Of scoring, after a batch.
    bool goes_on();
    Watcher::Shown shown();
    double images_per_second() const;
    enum class Wait : std::uint8_t { no, yes };
    // Launches the epoch's validation, after the one before has ended, and ends it where nothing is
    // done beside. False when asked to leave meanwhile (nothing has changed).
    bool finish_epoch();
    // With moving and with re-estimated statistics.
    struct Validation {
        std::optional<GroupAnswers> moving, fresh;
    };
    std::optional<Validation> validate(BranchSeconds& spent);
    struct Judged {
        std::vector<sweep::Metrics> moving, fresh;  // of each strand
    };
    Judged judge(const Validation& validation) const;
    // Of the epoch that has ended; to be read by another thread, once the device is there.
    std::future<std::vector<EpochSums>> sums_beside() const;
    // The rows of a validation that is judged; waits for it when asked to.
    void end_validation(Wait wait);
    // On to the next epoch or phase; saves where that is due.
    void advance();
    bool all_epochs_done() const;
    // A verdict on one of the trials is due here.
    bool verdict_due() const;
    // Waits for the verdicts that the last save asked for.
    void hear_verdicts();

    Outcome leave();
    // Begins a save as things stand, after the one before; on a processor ends it as well.
    void save();
    // Tells the watcher of a save whose files are written; waits for them when asked to.
    void end_save(Wait wait);
    // Strands whose loss was not finite end; false when asked to leave meanwhile.
    bool end_diverged();
    // The same of strands that a verdict ends here.
    bool end_stopped();
    // The results of strands that end before the others; false when asked to leave meanwhile.
    enum class End : std::uint8_t { completed, diverged, stopped };
    bool end_early(const Strands& strands, End how);
    // The results of strands, in one save; false when asked to leave meanwhile.
    bool end(const Strands& strands, End how);
    struct Scores {
        std::vector<Predictions> validation, test;
    };
    std::optional<Scores> score_best(const Strands& strands, BranchSeconds& spent);
    std::optional<SharedBottom> for_scoring(SharedBottom best, const Strands& strands,
                                            BranchSeconds& spent);
    // Writes the trial's predictions.
    sweep::TrialResult result_of(const SavedMember& trial, const Predictions& validation,
                                 const Predictions& test) const;

    // Charges the time since the last call to the trials: to those of each strand what it spent,
    // the rest to all.
    void charge(const Strands& strands, const BranchSeconds& spent, Strand::Spent how);
    void charge() { charge({}, {}, Strand::Spent::beside); }
    Strands all() const;

    Places places_;
    const Dataset& data_;
    Watcher& watcher_;
    models::Network network_;
    Recipe recipe_;  // what all trials have in common
    const TrialImages images_;
    const Indices &train_, &validation_, &test_;  // of images_
    Indices feature_rows_;
    std::vector<double> class_weights_;  // balanced over the training images
    std::vector<PhasePlan> plan_;
    std::int32_t batches_ = 0;

    bool drain_ = false;  // asked to leave
    sweep::Position position_;
    Indices order_;                                 // of the epoch under way
    std::vector<std::unique_ptr<Strand>> strands_;  // of the trials that have no result
    std::optional<ReplicaGroup> alone_;
    ReplicaGroup& group_;
    std::vector<std::unique_ptr<Replica>> replicas_;  // by device

    // A save whose files are being written.
    struct Saving {
        sweep::Position position;
        std::vector<std::vector<sweep::MemberSave>> saves;  // of each strand; their files to come
        std::future<std::vector<std::vector<SavedMember>>> written;
        core::Instant began;
    };
    std::optional<Saving> saving_;

    // The validation of an epoch that has ended.
    struct Validating {
        std::vector<sweep::EpochRow> rows;  // of each strand; their metrics to come
        std::vector<NetworkTensors> tops;   // each strand's at the epoch's end, if it is trained on
        std::future<Judged> judged;
    };
    std::optional<Validating> validating_;

    bool beside_;  // HostWork
    std::launch launch() const { return beside_ ? std::launch::async : std::launch::deferred; }
    std::deque<cuda::Mark> launched_;  // the latest batches

    core::Instant charged_;  // until here
    core::Instant last_save_;
    double save_seconds_ = 0;  // that the last save took
};

}  // namespace graft::trainer
