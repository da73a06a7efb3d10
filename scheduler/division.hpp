// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scheduler/formation.hpp"
#include "scheduler/outbox.hpp"
#include "scheduler/state.hpp"

namespace graft::scheduler {

// Running cohorts are divided rather than that slots idle: the one that ends last saves and ends
// (Drain), its members wait again, and go together in as many parts as there are slots for.

// Seconds to the end of a cohort as it is, and in the best parts on so many slots, its own
// included: they save, start, and have lost a part of what they shared.
struct Split {
    core::Seconds now{0}, after{0};
    std::size_t parts = 1;
};
Split split_of(const CohortShape& shape, double seconds_per_multiply_add, std::size_t slots,
               std::size_t most, core::Seconds restart);
// It has more to do than a start costs, and is done a tenth earlier: estimates are no better.
bool worth_it(const Split& split, core::Seconds restart);

// To be called about once a second. Does nothing while anything waits, the sweep ends, or a cohort
// is being divided; before the cohort's first save in its attempt; and where its parts could not
// reach their first saves before the deadline.
void divide_for_idle_slots(State& state, Outbox& outbox, Moment moment);

}  // namespace graft::scheduler
