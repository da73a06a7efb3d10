// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "results/predictions/predictions.hpp"

namespace graft::results::predictions {

// Appends the images of `more`, of the same classes, to `whole`. Pooled over the folds of one
// setting and seed, every image of a dataset is there once, scored by the one network that did not
// see it. A curve of pooled scores takes it that a score says the same whichever network gave it
// (Forman and Scholz 2010): where folds are calibrated differently, the pooled AUC lies below the
// mean of theirs. Features are not pooled. Throws core::InputError where the classes differ.
void pool(Predictions& whole, const Predictions& more);
void pool(Part& whole, const Part& more);

}  // namespace graft::results::predictions
