// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>

#include "core/clock.hpp"

#include "scheduler/queue.hpp"

namespace graft::scheduler {

// The end of the batch job: nothing is begun that could not reach its first save before it, and
// everything is saved when it comes, also where the batch system sends no signal, or sends it late.
// Times to the first batch and of saves are learned in this start; before, a trial is taken to need
// none.
class Deadline {
  public:
    Deadline() = default;  // there is none
    explicit Deadline(core::Instant end) : end_(end) {}

    const std::optional<core::Instant>& end() const { return end_; }
    // From a cohort's assignment to its first batch.
    void learn_begin(const TrialClass& trials, core::Seconds took);
    // Of a cohort of so many members.
    void learn_save(core::Seconds took, std::size_t members = 1);

    // When everything is to save and end: 15 s and four times the longest save before the end. A
    // save of several trainers at once on one file system takes longer than that of one. `members`:
    // of the largest cohort that runs.
    std::optional<core::Instant> drain_at(std::size_t members = 1) const;
    // From its assignment to the end of its first save: twice what the class took last to its first
    // batch, and the longest save; for a class that has not begun in this start, of the slowest.
    core::Seconds to_first_save(const TrialClass& trials, std::size_t members = 1) const;
    bool admits(const TrialClass& trials, core::Instant now, std::size_t members = 1) const;

  private:
    std::optional<core::Instant> end_;
    std::map<TrialClass, core::Seconds> begin_;  // the last figure
    // A cohort larger than any so far takes as much longer for a save as it has members more.
    core::Seconds save_of(std::size_t members) const;
    core::Seconds longest_save_{0}, longest_of_one_{0};
};

}  // namespace graft::scheduler
