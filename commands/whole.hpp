// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "commands/live.hpp"

namespace graft::commands {

// A part of a sweep as it is now.
struct PartNow {
    std::string name;  // "01"
    std::filesystem::path directory;
    std::size_t trials = 0;    // that it was dealt
    std::optional<Live> live;  // none: nobody has started it
};

// A divided sweep read as one: its own record, with every trial that a part knows better told
// again in it. A result beats none, and the sweep's own beats a part's; of two that have no result
// the part's counts once it has begun. Nothing is written anywhere.
struct Whole {
    std::vector<PartNow> parts;
    std::size_t merged = 0;  // parts that are not read: their results are in the sweep
    sweep::Record record;
};

// Nothing for a sweep that is not divided.
std::optional<Whole> read_parts(const Live& sweep);

// Where a trial of a sweep stands: the directory of the part that trains it, as long as the sweep
// itself has no result of it. Nothing: in the sweep itself.
std::optional<std::filesystem::path> part_with(const Live& sweep, const sweep::TrialId& trial);

// The sweep or part where a trial stands. Throws InputError for a part that nobody has started.
Live live_with(const Live& sweep, const sweep::TrialId& trial);
// Throws InputError that says what to type when a part trains the trial.
void check_in_no_part(const Live& sweep, const sweep::Trial& trial, const std::string& command);

// What the record of a part (or of any other sweep) says of datasets that `record` lacks and
// `trials` need.
std::vector<sweep::Event> missing_datasets(const sweep::Record& record, const sweep::Record& other,
                                           const std::vector<sweep::TrialId>& trials);

}  // namespace graft::commands
