// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sweep/event.hpp"

#include "scheduler/company.hpp"

namespace graft::commands {

// The cohorts that a grid is trained in as long as there is enough to do: by the scheduler's own
// rules, before anything has run.
struct PlannedCohort {
    std::vector<std::size_t> members;  // places in the grid's list, the least frozen first
    double alone = 0, together = 0;    // multiply-adds
};
std::vector<PlannedCohort> planned_cohorts(const std::vector<sweep::PlannedTrial>& trials,
                                           scheduler::Cohorts cohorts);

// What cohorts save, of one network or of all.
struct Sharing {
    std::size_t trials = 0;
    std::size_t cohorts = 0;                // of two members and more
    std::size_t in_cohorts = 0;             // trials
    std::size_t smallest = 0, largest = 0;  // members of a cohort
    double alone = 0, together = 0;         // multiply-adds
    double saved() const { return alone > 0 ? 1 - together / alone : 0; }
};
Sharing sharing_of(const std::vector<PlannedCohort>& cohorts);
std::map<std::string, Sharing> sharing_by_network(const std::vector<sweep::PlannedTrial>& trials,
                                                  const std::vector<PlannedCohort>& cohorts);

// The lines of `graft plan`.
std::string sharing_text(const std::vector<sweep::PlannedTrial>& trials,
                         const std::vector<PlannedCohort>& cohorts, scheduler::Cohorts mode);
// An object: what is shared in all, and of each network.
std::string sharing_json(const std::vector<sweep::PlannedTrial>& trials,
                         const std::vector<PlannedCohort>& cohorts, scheduler::Cohorts mode);

}  // namespace graft::commands
