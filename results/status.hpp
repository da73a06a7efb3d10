// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::results {

// How a sweep stands, as far as its journal says: what runs now is shown where it was last saved.

struct Counts {
    std::int64_t waiting = 0, running = 0, done = 0, stopped = 0, diverged = 0, failed = 0,
                 left_out = 0;
    std::int64_t total() const { return waiting + running + ended(); }
    std::int64_t ended() const { return with_result() + failed; }
    std::int64_t with_result() const { return done + stopped + diverged; }
};

// A cohort that is being trained.
struct RunningCohort {
    sweep::CohortId cohort;
    std::vector<const sweep::Trial*> members;  // never empty
    const sweep::Attempt* attempt = nullptr;   // of the first member
    std::int32_t epochs_saved = 0;             // rows of the first member
};

// Time left. Finished trials give seconds per multiply-add, of each network where one has finished;
// what is left to do follows from that. low and high: two standard deviations to either side, from
// the scatter of finished trials around that rule; missing when too few have finished.
struct TimeLeft {
    double seconds = 0;  // of wall clock, with `slots` at work all the time
    std::optional<double> low, high;
    std::int64_t finished = 0;  // trials it was learned from; 0: from saves of unfinished ones
    std::int64_t slots = 1;     // that worked since the last start
};

struct SweepStatus {
    Counts counts;
    std::vector<RunningCohort> running;         // in the order of their start
    std::vector<const sweep::Trial*> failed;    // not left out
    std::vector<const sweep::Trial*> restless;  // not ended, after two or more attempts that broke
    std::optional<TimeLeft> time_left;          // none before the first save, or with nothing left
};

// The result points into `record`.
SweepStatus status_of(const sweep::Record& record);

// An init as a column of a table shows it: of a path the file alone, "../pretrained.h5".
std::string short_init(const std::string& init);

}  // namespace graft::results
