// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::tests {

// What a coordinator keeps of a cohort, by the journal's own fold: what the next attempt goes on
// from, and what came of it all.
class Ledger {
  public:
    explicit Ledger(const std::vector<sweep::TrialSpec>& specs);

    // The next attempt of those that have no result begins; what its trainer is given.
    std::vector<sweep::Member> begin_attempts();
    sweep::Member begin_attempt() { return begin_attempts().at(0); }
    std::int32_t attempt_of(const sweep::TrialId& trial) const {
        return record_.find(trial)->attempts.back().number;
    }
    sweep::CohortId cohort() const { return cohort_; }
    void record(const sweep::Saved& saved);
    void end_attempt(const sweep::Ending& ending);
    void give_up_and_retry();
    // Of a trial that was stopped: it is to be trained to its end.
    void retry(std::size_t i);

    // Where this says that verdicts are due, a trial stops when `stops` says so of its number and
    // the epochs behind it.
    sweep::StoppingSettings stopping = {};
    std::function<bool(std::size_t trial, std::int32_t epoch)> stops = {};
    // Of the cohort those that a verdict ends where they stand.
    std::vector<sweep::TrialId> stopped() const;

    std::size_t size() const { return ids_.size(); }
    const sweep::Trial& trial(std::size_t i = 0) const { return *record_.find(ids_.at(i)); }
    // Its result; nothing while it has none.
    const sweep::TrialResult* result(std::size_t i = 0) const;
    bool all_ended() const;

  private:
    sweep::StoppingSettings stopping_of(std::size_t i) const;

    sweep::Record record_;
    std::vector<sweep::TrialId> ids_;
    sweep::CohortId cohort_;
};

// All of a finished trial that must not depend on what happened on the way: rows without their
// times, best, test, and the content of its files.
std::string numbers_of(const sweep::Trial& trial);

// Fails the test unless every trial's directory holds its two files with the recorded content, of a
// stopped one also those to go on from, and nothing else.
void check_files(const std::filesystem::path& sweep, const Ledger& ledger);

// Names of the files in the trial's directory, sorted.
std::vector<std::string> files_of(const std::filesystem::path& sweep, const sweep::TrialId& trial);

}  // namespace graft::tests
