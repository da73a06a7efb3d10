// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

namespace graft::commands {

// A file of a sweep that is not as the record names it.
struct Finding {
    std::string file;     // as the user may type it
    std::string problem;  // "is not there", "does not have its recorded content", ...
    std::string advice;   // what to do
};

struct FileCheck {
    std::vector<Finding> findings;
    std::size_t results = 0, states = 0, prepared = 0, weights = 0;  // files that were looked at
    std::uint64_t bytes = 0;                                         // of results and states
    bool store = false;                                              // results.h5 was looked at
};

struct CheckedSweep {
    std::filesystem::path directory;
    std::string named;  // the same as the user may type it
    const sweep::Record* record = nullptr;
};

// Files of one trial: its results, else the state to go on from. They are read whole.
void check_trial_files(const CheckedSweep& sweep, const sweep::Trial& trial, FileCheck& check);
// Every file that the record names: of all trials, prepared datasets with all their pixels, and
// weight files.
FileCheck check_files(const CheckedSweep& sweep);
// results.h5 against what would be written now.
void check_store(const CheckedSweep& sweep, sweep::JournalEnd end, FileCheck& check);

// What was found, a line or two for each, then what was looked at and the verdict.
std::string check_text(const FileCheck& check);

}  // namespace graft::commands
