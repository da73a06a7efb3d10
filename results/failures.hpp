// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "core/enum_table.hpp"

#include "sweep/record.hpp"

namespace graft::results {

// What went wrong in a sweep, and what to do about it.

// Classes of endings that somebody may have to act on; named as sweep::kind_of names them.
enum class FailureClass {
    crashed,
    killed,
    hung,
    input_fault,
    no_memory,
    no_host_memory,
    device_fault,
    device_busy,
    no_space,
    rank_lost,
    coordinator_lost,
    diverged,  // a result, not an ending: the loss was not finite
};
// What a user can do, in one or two sentences.
std::string_view advice_of(FailureClass failure);

// What became of the trials.
enum class Fate {
    failed,     // given up
    goes_on,    // waits or runs again
    recovered,  // has its result all the same
    diverged,
};

// Trials with the same trouble: equal but for the trial itself, where and when.
struct Failure {
    FailureClass failure = FailureClass::crashed;
    Fate fate = Fate::failed;
    std::string message;  // of the latest; with what the retry rules said where they gave it up
    std::vector<const sweep::Trial*> trials;  // never empty, in the order of the plan
    // The latest attempt that ended so, and whose it is.
    const sweep::Trial* trial = nullptr;
    const sweep::Attempt* attempt = nullptr;
};

// Of every trial that failed or diverged, or was tried again after a fault, its last fault (a lost
// coordinator or rank only where there was no other); trials that are left out of the sweep are
// passed over. In the order of fates, then the largest group first. The result points into
// `record`.
std::vector<Failure> failures_of(const sweep::Record& record);

}  // namespace graft::results

template <>
struct graft::core::EnumNames<graft::results::FailureClass> {
    static constexpr std::array<std::string_view, 12> names{
        "crashed",          "killed",       "hung",        "input_fault", "no_memory",
        "no_host_memory",   "device_fault", "device_busy", "no_space",    "rank_lost",
        "coordinator_lost", "diverged"};
};

template <>
struct graft::core::EnumNames<graft::results::Fate> {
    static constexpr std::array<std::string_view, 4> names{"failed", "goes_on", "recovered",
                                                           "diverged"};
};
