// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

namespace graft::commands {

// A sweep as it is now: the record is read from the journal, never from the store, so nothing that
// was acknowledged is missing. (1,000 trials with 53 epochs each take 0.04 s.)
struct Live {
    std::filesystem::path directory;
    sweep::Record record;
    sweep::JournalEnd end;
};

// There is a start in the journal of that directory.
bool was_started(const std::filesystem::path& directory);
// `path`: a sweep's directory or its sweep file. Throws InputError when it was never started.
Live read_live(const std::filesystem::path& path);

// What the sweep's file `coordinator` says: who runs it, and when that was last heard.
struct Holder {
    std::string host, job;
    std::int64_t pid = 0;
    double age_seconds = 0;
    // Heard within the time after which another start would take the sweep over.
    bool alive() const { return age_seconds < 60; }
};
std::optional<Holder> holder_of(const std::filesystem::path& directory, core::WallTime now);

// Who runs the sweep at this moment: its start is not closed, its process is there (on this host)
// or was heard within a minute (on another). Nothing: nobody.
std::optional<Holder> runner_of(const std::filesystem::path& directory,
                                const sweep::Record& record);
// "pid 99 on node1, job 4711"
std::string text_of(const Holder& holder);
// The start that says how the sweep stands: the last one that was to train, as one that only
// cleaned up says nothing. The record must have a start.
const sweep::Start& start_of(const sweep::Record& record);

// Seconds since a file was written; 0 when it is not there.
double age_of(const std::filesystem::path& path, core::WallTime now);

}  // namespace graft::commands
