// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scheduler/state.hpp"

namespace graft::scheduler {

// A waiting trial, or cohort, as it is weighed against others.
struct Candidate {
    const TrialClass* its_class = nullptr;
    const Queue::Item* item = nullptr;
    double seconds = 0;    // of slots; or multiply-adds, as long as nothing has been learned
    double alone = 0;      // the same, of the longest member by itself
    double urgent = 0;     // seconds, as far as no dividing makes them fewer
    std::size_t need = 0;  // of its class, as the queue numbers needs
};
// Up to `each` items of every class whose dataset is ready and that the deadline admits at `now`
// (none: all), in the order of the classes. Nothing ends before all work is shared evenly, nor
// before the longest trial: a cohort that would take longer is divided anyway, so of such the one
// whose longest member takes the most time is the most urgent, and a trial that cannot be divided
// goes before them.
std::vector<Candidate> candidates_of(const State& state, std::size_t each,
                                     const std::string& device, std::optional<core::Instant> now);
// `a` is more urgent than `b`.
bool goes_before(const Candidate& a, const Candidate& b);
std::vector<Candidate> by_urgency(std::vector<Candidate> candidates);

}  // namespace graft::scheduler
