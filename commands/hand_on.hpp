// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "commands/kept_files.hpp"
#include "commands/live.hpp"
#include "results/table.hpp"

namespace graft::commands {

// What is to be handed on in one HDF5 file.
struct HandOnRequest {
    std::filesystem::path file;
    bool replace = false;  // what an earlier export made, and nothing else
    const sweep::Record& record;
    sweep::JournalEnd end;  // of the sweep's own journal
    const KeptFiles& files;
    const std::set<std::string>& trials;  // their ids
    const std::vector<results::Table>& tables;
};

struct MissingPredictions {
    std::string trial;    // its id, and what was varied
    std::string problem;  // a sentence, with what to do
};

struct HandedOn {
    std::size_t results = 0;  // trials with predictions in the file
    std::size_t without = 0;  // diverged before their first validation: they have none
    std::vector<MissingPredictions> missing;
    std::uint64_t bytes = 0;  // of the file
};

// Throws InputError where a file may not be written: it is there and not to be replaced, or is none
// that an export made.
void check_hand_on(const std::filesystem::path& file, bool replace);

// Writes the file aside, syncs and renames it. Predictions that are missing, or are not what the
// journal recorded, are named in the answer, and the rest is written. `progress` hears of every
// trial: those done, and all. On INT, TERM or HUP nothing is written, and an Error with exit code
// 75 is thrown. The caller runs no other threads.
HandedOn hand_on(const HandOnRequest& request,
                 const std::function<void(std::size_t, std::size_t)>& progress);

// What was written, and two lines for each trial whose predictions are missing; of many the first.
std::string hand_on_text(const HandedOn& done, const std::filesystem::path& file);

}  // namespace graft::commands
