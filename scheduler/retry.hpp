// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sweep/ending.hpp"
#include "sweep/record.hpp"

namespace graft::scheduler {

// What follows from the end of an attempt, beside going on from the last save.
struct Consequence {
    std::optional<std::string> trial_fails;  // with this message
    bool counts_without_save = false;        // towards "20 attempts in a row without a save"
    bool charges_slot = false;               // killed or hung there
    bool ends_slot = false;                  // the device is at fault: no more work there
    bool no_space = false;                   // everything drains
    std::string message;                     // of the ending, in words
};

// One rule per kind of ending. `saves`: recorded in this attempt. `attempts`: all of the trial's,
// this one last, those before a retry on request left out. `alone`: the cohort had one member.
Consequence consequence_of(const sweep::Ending& ending, std::int64_t saves,
                           const std::vector<sweep::Attempt>& attempts, bool alone);

// Attempts in a row, up to the last, that crashed by themselves before any save; endings that were
// not the trial's fault lie in between without a say.
int crashes_without_save(const std::vector<sweep::Attempt>& attempts);

constexpr int kCrashesUntilFailed = 3;
constexpr int kAttemptsWithoutSave = 20;
constexpr int kChargesUntilGone = 3;

}  // namespace graft::scheduler
