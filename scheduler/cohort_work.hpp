// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "sweep/record.hpp"

namespace graft::scheduler {

// Multiply-adds that trials have still to do, alone and together. Pixels, augmentation and heads
// count nothing: what is shared of them comes on top of the gain that is reckoned here.

// Images that a trial has still to see from where it stands: equal for all members of a cohort.
struct Ahead {
    double warmup = 0;     // trained and evaluated while the head alone is trained
    double trained = 0;    // in the second phase
    double evaluated = 0;  // in the second phase
};
// A part of an epoch counts by its batches.
Ahead images_ahead(const sweep::TrialSpec& spec, const sweep::Work& work,
                   const std::optional<sweep::Position>& position);

// Trials that could be one cohort, as far as its cost goes.
struct CohortShape {
    Ahead ahead;
    double whole = 0;            // multiply-adds of one image through the whole network
    std::vector<double> frozen;  // of these, below each member's cut; the shallowest cut first
};

// A batch goes forward through the bottom once, up to the deepest cut; each member goes forward
// above its own cut, and twice as much again backward. While the head alone is trained the whole
// base is everyone's bottom.
//   warmup * whole + (trained + evaluated) * deepest
//                  + sum over members (3 trained + evaluated) * (whole - frozen)
double cohort_multiply_adds(const CohortShape& shape);
// The same for the members `first` to `last` (without it) alone, and from sums over members.
double cohort_multiply_adds(const CohortShape& shape, std::size_t first, std::size_t last);
double cohort_multiply_adds(const Ahead& ahead, double whole, double deepest, double frozen_sum,
                            std::size_t members);

// Of a whole trial alone.
double trial_multiply_adds(const sweep::TrialSpec& spec, const sweep::Work& work);

// Of trials with equal sweep::cohort_key and position, in any order.
CohortShape shape_of(const std::vector<const sweep::Trial*>& members);
// As if they had not begun.
CohortShape whole_shape_of(const std::vector<const sweep::Trial*>& members);

// Share of what the members do alone that they save together: 0 for one.
double gain_of(const CohortShape& shape);
// Share of a trial's own work that others, cut at least as deep, could do for it.
double shareable(const sweep::Trial& trial);

// Bytes that a member adds to what the first one takes, on the device (on processors: in the
// host's memory): its weights above the cut in float32, their gradients and the moments that its
// optimizer keeps.
double bytes_on_device(const sweep::TrialSpec& spec, const sweep::Work& work);
// And in the host's memory: its best weights so far.
double bytes_on_host(const sweep::Work& work);

}  // namespace graft::scheduler
