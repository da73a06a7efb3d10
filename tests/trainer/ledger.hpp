// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::tests {

// What a coordinator keeps of one trial, by the journal's own fold: what the next attempt goes on
// from, and what came of it all.
class Ledger {
  public:
    explicit Ledger(const sweep::TrialSpec& spec);

    // The next attempt begins; what its trainer is given.
    sweep::Member begin_attempt();
    sweep::CohortId cohort() const { return cohort_; }
    void record(const sweep::Saved& saved);
    void end_attempt(const sweep::Ending& ending);
    void give_up_and_retry();

    const sweep::Trial& trial() const { return *record_.find(id_); }
    // Its result; nothing while it has none.
    const sweep::TrialResult* result() const;

  private:
    sweep::Record record_;
    sweep::TrialId id_;
    sweep::CohortId cohort_;
};

// All of a finished trial that must not depend on what happened on the way: rows without their
// times, best, test, and the content of its files.
std::string numbers_of(const sweep::Trial& trial);

// Fails the test unless the trial's directory holds its two files with the recorded content, and
// nothing else.
void check_files(const std::filesystem::path& sweep, const Ledger& ledger);

// Names of the files in the trial's directory, sorted.
std::vector<std::string> files_of(const std::filesystem::path& sweep, const sweep::TrialId& trial);

}  // namespace graft::tests
