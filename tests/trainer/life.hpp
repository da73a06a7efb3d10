// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"

#include "support/temporary.hpp"
#include "trainer/ledger.hpp"
#include "trainer/small_study.hpp"

namespace graft::tests {

// Thrown in place of a kill.
struct CutOff {};

// A directory with a drawn dataset, loaded.
struct Study {
    explicit Study(const DrawnDataset& drawn = {20, 2, 16, 32});
    TemporaryDirectory directory;
    std::optional<trainer::Dataset> data;
};

// Stands for session and coordinator. Every call, and every step of a save's way through the
// journal, is an instant; at the `cut`-th one the process ends. `late`: a keyed draw says how long
// a save takes to be recorded, and its acknowledgement to arrive; and now and then to save and
// leave.
class Cutting final : public trainer::Watcher {
  public:
    Cutting(Ledger& ledger, std::filesystem::path sweep, int cut, core::RandomStream* late);

    Request after_batch(const std::function<Shown()>& shown) override;
    std::int64_t next_save() const override;
    void saved(const sweep::Position& position, std::vector<sweep::MemberSave> members,
               double) override;
    std::vector<sweep::TrialId> verdicts() override;
    // Until every save is recorded and acknowledged.
    void settle();
    int instants() const { return instants_; }

  private:
    void instant() const;
    // The oldest save is recorded; the time after, it is acknowledged.
    void move_on();

    Ledger& ledger_;
    std::filesystem::path sweep_;
    int cut_;
    core::RandomStream* late_;
    std::deque<sweep::Saved> pending_;
    std::int64_t saves_ = 0, recorded_ = 0;
    mutable int instants_ = 0;
};

// The life of a cohort, or of one trial, attempt by attempt.
struct Life {
    Life(const Study& its_study, const sweep::TrialSpec& spec)
        : Life(its_study, std::vector{spec}) {}
    Life(const Study& its_study, const std::vector<sweep::TrialSpec>& specs);

    // Trains until its end, or until it is cut off at that instant.
    void attempt(int cut = -1, core::RandomStream* late = nullptr);
    // Attempt k is cut off at its instant cuts[k], the ones after those are not; then what the next
    // start does, or this one at its end.
    Life& to_its_end(const std::vector<int>& cuts = {}, std::uint64_t late_key = 0);

    const Study& study;
    trainer::HostWork host_work = trainer::HostWork::by_device;
    Ledger ledger;
    std::vector<std::string> weights;  // of each trial after the last epoch; empty: it diverged
    int instants = 0;                  // of the last attempt
};

// Same numbers, same weights.
void check_equal(const Life& life, const Life& whole);
// The same of the one trial of `alone` and the `member`-th of a cohort.
void check_equal(const Life& cohort, std::size_t member, const Life& alone);

// Warm-up of the head, frozen layers, dropout, augmentation, a share of the images, both ways of
// evaluation: three epochs.
sweep::TrialSpec spec_with_everything();

}  // namespace graft::tests
