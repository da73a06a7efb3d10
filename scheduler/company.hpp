// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "sweep/record.hpp"

namespace graft::scheduler {

// In whose company a trial may be trained, by what the record says of it.

enum class Cohorts : std::uint8_t { formed, off };

// Why a trial is trained alone whoever waits beside it; the first of these that holds.
enum class Alone : std::uint8_t {
    no,            // it is not
    cohorts_off,   // [run] cohorts = false
    begins_again,  // where its state is lost: others would begin again with it
    held_apart,    // by its attempts: see most_together()
    shares_little  // others could do next to nothing for it
};
Alone why_alone(const sweep::Trial& trial, Cohorts cohorts);

// Members that a cohort with this trial may have: after a cohort of n was out of memory at most
// n / 2, rounded down; 1 after a crash, a hang or an error of the input, until it saves again, so
// that a trial that takes others with it fails alone. No limit: kMostMembers.
std::size_t most_together(const sweep::Trial& trial);

// Equal for waiting trials that could be one cohort: sweep::cohort_key, position, the numerics of
// the last save, and how many may go together are the same. A trial's own where it goes alone.
std::uint64_t company_of(const sweep::Trial& trial, Cohorts cohorts);

// Numerics under which the trial was last saved; empty when it was not.
std::string saved_numerics(const sweep::Trial& trial);

}  // namespace graft::scheduler
