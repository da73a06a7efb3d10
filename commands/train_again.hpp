// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "sweep/record.hpp"

#include "scheduler/run.hpp"

namespace graft::commands {

// A directory for what is trained again: <in>/<trial>.<host>.<pid>, which must not exist yet.
// Removed at the end unless it is to be kept, and `in` with it when it was made for this.
class ScratchSweep {
  public:
    ScratchSweep(const std::filesystem::path& in, const sweep::TrialId& trial);
    ~ScratchSweep();
    ScratchSweep(const ScratchSweep&) = delete;
    ScratchSweep& operator=(const ScratchSweep&) = delete;
    const std::filesystem::path& path() const { return path_; }
    void keep() { kept_ = true; }

  private:
    std::filesystem::path path_;
    bool made_in_ = false;
    bool kept_ = false;
};

// The attempt whose saves are the trial's last ones; the trial must have a result.
const sweep::Attempt& last_saved_attempt(const sweep::Trial& trial);

// Throws InputError when the trial cannot be trained again: it has no result, was trained by
// another recipe, or its prepared dataset is not there. `directory`: of the sweep, as the user may
// type it.
void check_trainable(const sweep::Record& record, const sweep::Trial& trial,
                     const std::string& directory);

// Trains the trial from nothing in `scratch`, a sweep of this one trial, with the sweep's prepared
// data and weight files and as many threads as its last saves were made with. The sweep itself is
// only read.
struct Retrained {
    scheduler::RunResult result;
    sweep::Record record;  // of the scratch sweep
};
Retrained train_again(const sweep::Record& record, const sweep::Trial& trial,
                      const std::filesystem::path& scratch, scheduler::Observer& observer);

}  // namespace graft::commands
