// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "commands/study.hpp"

namespace graft::commands {

// A sweep divided into parts, each of which is trained by a start of its own, at any time and at
// the same time: `graft run <sweep>/parts/01`.
struct Parts {
    std::vector<std::filesystem::path> directories;  // absolute, in the order of their numbers
    bool is_new = false;                             // this call divided the sweep
    // Of a new division:
    double imbalance = 1;      // the largest part's work against the mean
    std::size_t dealt = 0;     // trials
    std::size_t finished = 0;  // have their result in the sweep already, so no part gets them
    std::size_t begun = 0;     // of the dealt ones: begun in the sweep, begin anew in their part
};

// Divides the sweep of a study: plans its grid in the sweep's own record, then makes the parts'
// directories, each with its sweep.toml and its list of trials, and names them in the division file
// last, so that a kill leaves all parts or none. The same number for the same grid again changes
// nothing but settings in the parts' sweep.toml. Throws InputError for another number or another
// grid while parts have the sweep's trials, when all trials have results, and when the sweep is
// being run; Ended (hold.hpp) when interrupted. `accept`: as of settle(). `say` gets lines about
// what happens meanwhile.
Parts make_parts(Study study, std::size_t parts, bool accept,
                 const std::function<void(const std::string&)>& say);

// The directories of the parts that have trials of a sweep; none: it is not divided.
std::vector<std::filesystem::path> parts_of(const std::filesystem::path& sweep);

// What a part was dealt.
std::vector<sweep::TrialId> trials_of_part(const std::filesystem::path& part);

// Throws InputError that says what to type when a run in this directory would train what another
// one trains: the sweep is divided, or it is a part that was merged.
void check_may_run(const std::filesystem::path& sweep);

}  // namespace graft::commands
