// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "sweep/record.hpp"
#include "sweep/rivals.hpp"

namespace graft::scheduler {

// Verdicts of [stopping], by what the record says and nothing else: so they come out the same
// whenever they are made between the save that they are due at and the next event.

// As the sweep's file asks for it, or as `instead` does, which holds for the confirmatory family,
// too. Trials are numbered as in the record; those that are left out compete with nobody.
sweep::Rivals rivals_of(const sweep::Record& record,
                        const std::optional<sweep::StoppingSettings>& instead = {});

// The rule as it holds for a trial: none for one that is to be trained to its end.
sweep::StoppingSettings stopping_of(const sweep::Rivals& rivals, const sweep::Trial& trial);

// Of those of the trials that stand where a verdict is due and have none, in their order. What one
// save brings counts for all verdicts at it.
std::vector<sweep::TrialJudged> verdicts_due(const sweep::Record& record,
                                             const sweep::Rivals& rivals,
                                             const std::vector<sweep::TrialId>& trials,
                                             core::WallTime now);
// Of all trials: those that a start finds without the verdict that their last save waited for.
std::vector<sweep::TrialJudged> verdicts_due(const sweep::Record& record,
                                             const sweep::Rivals& rivals, core::WallTime now);

}  // namespace graft::scheduler
