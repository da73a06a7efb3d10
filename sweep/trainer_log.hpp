// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"

#include "sweep/message.hpp"

namespace graft::sweep {

// What trainers write to standard output and standard error goes to one log per slot, which grows
// over all attempts and starts. Before each attempt its supervisor writes a mark, so that the lines
// of one attempt can be found again. What stands between marks was written by anybody's library.

// Relative to the sweep's directory: logs/trainer-<rank>-<first slot>.log
std::string trainer_log(Rank rank, const std::vector<Slot>& slots);

// One line with its end:
//   "== cohort 17 begins at 2026-11-24 01:30:05 UTC on node1: 0123456789abcdef attempt 2, ..."
std::string attempt_mark(const Assign& assign, const std::string& host, core::WallTime now);

// What was written between the mark of that cohort and the next one. Empty without a mark.
std::string_view part_of_attempt(std::string_view log, CohortId cohort);

// The last `count` lines that say something, fit to be shown: of a line that was written over (a
// progress bar) only its last state, no empty lines, equal ones in a row once with their number, no
// control characters, at most 200 characters of each.
std::vector<std::string> last_lines(std::string_view text, std::size_t count);

}  // namespace graft::sweep
