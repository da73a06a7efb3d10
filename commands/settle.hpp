// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "sweep/event.hpp"
#include "sweep/record.hpp"

#include "commands/study.hpp"

namespace graft::commands {

// What stands between a sweep file as given and a run of it. Nothing in the sweep's directory
// changes before this process owns it: settle() only reads, begin() is for whoever took it over.

// The study with its open settings settled: as this sweep was begun, else for this machine. Prints
// what a changed file changes. Throws InputError when the directory holds something else, when
// trials with results would be left out without `accept`, or when another process runs the sweep
// with a file that differs from this one, or when parts of the sweep train its trials.
Study settle(Study study, bool accept);

// The same without settling anything for this machine, for who will not train on it.
Study settle_plan(Study study, bool accept);

// CPU threads per trainer where nothing says: a GPU's share of the cores; without GPUs one on small
// machines and four on larger ones.
std::int64_t default_threads(std::int64_t cores, std::int64_t gpus);
// CPU threads per trainer as the file has them, else the directory's sweep.toml, else for this
// machine. They change the last bits of results, so they are settled once, on the machine that
// trains.
std::int64_t settled_threads(const sweep::SweepFile& file);

// Writes the directory's sweep.toml and returns the events that bring the record to the grid. Asks
// as settle() does, as the record may have changed since.
std::vector<sweep::Event> begin(const sweep::Record& record, const Study& study, bool accept);

// A copy of the settled sweep file, for the processes of one launch, so that they all read the same
// whatever becomes of the file that was given: <sweep>/launch/<host>.<pid>.toml, removed at the
// end.
class LaunchFile {
  public:
    explicit LaunchFile(const sweep::SweepFile& file);
    ~LaunchFile();
    LaunchFile(const LaunchFile&) = delete;
    LaunchFile& operator=(const LaunchFile&) = delete;
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Removes what launchers of this host left there that were killed, but the file of that name.
void remove_dead_launch_files(const std::filesystem::path& sweep, const std::filesystem::path& but);

}  // namespace graft::commands
