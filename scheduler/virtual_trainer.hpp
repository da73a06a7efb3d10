// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "core/clock.hpp"

#include "sweep/progress.hpp"
#include "sweep/record.hpp"

namespace graft::scheduler {

// What a cohort takes on its slot, by whoever knows networks and devices. Epochs are those of all
// members together, validation included.
struct CohortTime {
    core::Seconds start{0};  // from its assignment to its first batch
    core::Seconds warmup_epoch{0};
    core::Seconds epoch{0};
    core::Seconds scoring{0};  // of the test images, after the last epoch
    core::Seconds save{0};     // each
};

// Epochs of a trial, and batches of each.
struct Epochs {
    std::int32_t warmup = 0;
    std::int32_t all = 0;  // both phases
    std::int32_t batches = 1;
};
Epochs epochs_of(const sweep::Trial& trial);

// Epochs behind a position, of both phases; a part of one counts by its batches.
double epochs_done(const Epochs& epochs, const std::optional<sweep::Position>& position);
// The last batch's end that is not behind it.
sweep::Position position_of(const Epochs& epochs, double done);

// The part of an attempt from one save to the next. A trainer saves at the end of a phase, at its
// end, and at the end of an epoch when the work since the last save is more than 50 saves long.
struct Stretch {
    double from = 0, to = 0;    // epochs done
    core::Seconds training{0};  // scoring included, where it is the last
    core::Seconds save{0};
    bool last = false;
};
Stretch next_stretch(const CohortTime& time, const Epochs& epochs, double done);
// Epochs done when the stretch is left after so much of its training.
double done_after(const CohortTime& time, const Epochs& epochs, const Stretch& stretch,
                  core::Seconds training);

}  // namespace graft::scheduler
