// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "sweep/trial.hpp"

namespace graft::sweep {

// Which trials can be trained side by side: those that see the same batches and whose networks
// start from the same weights. They may differ in freeze level, learning rates and their schedule,
// optimizer, loss, dropout and best_by alone. Members that go on from a save must also stand at the
// same position.

// Trials with equal texts can be members of one cohort.
std::string cohort_key(const TrialSpec& spec);

// Members of a cohort with equal texts have the same warm-up, to the bit: it depends on neither
// the freeze level nor the learning rates after it. Empty for a trial without a warm-up.
std::string warmup_key(const TrialSpec& spec);

// Of the warm-up: warmup_learning_rate, or learning_rate where that is "same".
double warmup_rate(const TrialSpec& spec);

}  // namespace graft::sweep
