// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "scheduler/company.hpp"
#include "scheduler/run.hpp"
#include "scheduler/virtual_trainer.hpp"

namespace graft::scheduler {

// A run under a virtual clock: the decisions of the reactor, with ranks that take the time that a
// model says in place of trainers. Nothing is read, written or started; messages and the journal
// take no time. Equal inputs give equal results, to the bit.

// What a slot was before it got a cohort.
struct SlotBefore {
    bool trainer_runs = false;
    bool holds_data = false;  // of the cohort
};

struct SimulationModel {
    std::function<CohortTime(const std::vector<const sweep::Trial*>& members,
                             const SlotBefore& before)>
        cohort;
    std::function<core::Seconds(const Need& need)> prepare;
};

struct SimulationOptions {
    int ranks = 1;
    int slots = 1;  // of each rank
    std::string device;
    Cohorts cohorts = Cohorts::formed;
    TrainerMemory memory;  // none: every cohort fits
    // The trainer of each slot is killed from outside once in so long, on average; 0: never.
    core::Seconds killed_every{0};
    double noise = 0;        // relative standard deviation of what attempts take (log-normal)
    std::uint64_t seed = 1;  // of kills and noise
};

// Where the time of one slot went, until the last cohort ended.
struct SlotTime {
    core::Seconds start{0}, training{0}, saving{0};
    core::Seconds lost{0};          // by kills: what is done again, and starts that came to nothing
    core::Seconds waits_data{0};    // idle: what waits needs a dataset that is not ready
    core::Seconds nothing_left{0};  // idle: every trial runs or has its result
    core::Seconds held_back{0};     // idle for another reason: kept free, or set aside
};

struct Simulated {
    core::Seconds makespan{0};                   // to the end of the last cohort
    core::Seconds preparing{0};                  // datasets, in all
    std::vector<SlotTime> slots;                 // by rank, then slot
    std::map<std::size_t, std::size_t> cohorts;  // attempts by number of members
    std::size_t finished = 0;                    // trials with their result
    std::size_t kills = 0;
    std::size_t divided = 0;     // attempts that the coordinator ended to divide or move them
    std::uint64_t messages = 0;  // of ranks, to the coordinator
    RunResult result;
};

// `record`: what was done before; `plan`: the grid's events. Throws std::logic_error when the
// reactor neither assigns nor ends.
Simulated simulate(const SimulationOptions& options, const SimulationModel& model,
                   sweep::Record record, const std::vector<sweep::Event>& plan);

}  // namespace graft::scheduler
