// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "commands/study.hpp"

namespace graft::commands {

// The grid of a sweep file against the record of its sweep.
struct PlanChange {
    bool first = false;                      // there is no record yet
    std::vector<sweep::PlannedTrial> added;  // new, or taken back in
    std::vector<sweep::TrialId> left_out;    // in the record, not in the grid any more
    std::size_t unchanged = 0;
    std::size_t left_out_with_results = 0;
    // Of the added and the left out, those that are the same but for one setting, and so have
    // another name: "epochs 50 -> 80", and how many.
    std::map<std::string, std::size_t> renamed;
};
PlanChange plan_change(const sweep::Record& record, const Study& study);

// "+12 new, 396 unchanged, 36 left out, 96 renamed because epochs 50 -> 80"; empty when nothing
// changed or all is new.
std::string change_text(const PlanChange& change);

// The event that brings the record to the grid; none when it is there. Throws InputError when the
// record was begun under another recipe.
std::vector<sweep::Event> plan_events(const sweep::Record& record, const Study& study);

}  // namespace graft::commands
