// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <vector>

#include "sweep/record.hpp"

namespace graft::sweep {

// The events of a journal that concern trials, to be told again in another one: attempts, saves
// with their rows, endings, retries, freed files. A trial that had no event there comes out in the
// state that it has in the first journal.
class TrialEvents {
  public:
    // All events of a journal, in their order.
    void add(const Event& event);
    // Of these trials: cohorts have no other members, and are numbered from `target`'s next cohort
    // on; attempts go on from those that `target` knows. An attempt that was not closed in the
    // journal, although its trial has a result, is closed as completed.
    std::vector<Event> of(const std::set<TrialId>& trials, const Record& target) const;

  private:
    class Retelling;

    // By trial, the indices of its events; a cohort's belong to all its members.
    void note(const TrialId& trial) { of_trial_[trial].push_back(events_.size()); }
    void note_cohort(CohortId cohort);

    std::vector<Event> events_;
    std::map<TrialId, std::vector<std::size_t>> of_trial_;
    std::map<CohortId, std::vector<TrialId>> members_;
};

}  // namespace graft::sweep
