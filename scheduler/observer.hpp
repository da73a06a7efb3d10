// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/clock.hpp"

#include "sweep/message.hpp"
#include "sweep/progress.hpp"
#include "sweep/trial.hpp"

namespace graft::scheduler {

// What a slot trains just now, as last told; shown, never recorded.
struct SlotWork {
    sweep::CohortId cohort;
    std::vector<sweep::TrialId> trials;
    std::string network, dataset, init;
    double freeze = 0;         // of the first
    std::set<double> freezes;  // of those that have no result yet
    std::string name_end;      // "seed 3", "learning_rate 0.001, seed 3, fold 2 of 5"
    std::int32_t epochs = 0;   // of both phases
    bool begun = false;        // the trainer has said so; before, it starts and loads
    sweep::Position position;
    std::int32_t batches = 0;  // of the epoch
    double images_per_second = 0;
    double loss = NAN, val_auc = NAN;
};

struct SlotStatus {
    sweep::Rank rank;
    sweep::Slot slot;
    std::string host, device;
    std::optional<SlotWork> work;  // none: idle or lost
    std::string lost;              // why it takes no work any more; empty: it does
};

struct DatasetStatus {
    std::string dataset;
    std::int32_t size = 0;
    bool preparing = false, ready = false;
    std::string failed;  // what went wrong; empty: nothing
};

// One picture of a running sweep.
struct Status {
    core::WallTime time;
    std::string sweep_name;
    std::int64_t total = 0;  // trials not left out; the next five add up to it
    std::int64_t done = 0, stopped = 0, diverged = 0, failed = 0, running = 0, waiting = 0;
    std::vector<SlotStatus> slots;
    std::vector<DatasetStatus> datasets;
    double images_per_second = 0;       // of all slots
    std::optional<double> eta_seconds;  // none before anything has been learned
    bool draining = false;
    std::optional<core::WallTime> deadline;  // when the batch job ends
};

// Who looks on: the terminal, a log. Called on the main thread: must return soon and not throw.
class Observer {
  public:
    virtual ~Observer() = default;
    // About once a second, and once at the end.
    virtual void show(const Status& status) = 0;
    // One line that stays: a trial ended or failed, a slot or rank was lost, what happens next.
    virtual void say(const std::string& line) = 0;
};

}  // namespace graft::scheduler
