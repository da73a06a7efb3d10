// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "scheduler/cohort_work.hpp"

namespace graft::scheduler {

// Which trials that wait and could be one cohort go together. Together they take less time of the
// slots, and longer than each alone: near the end of a sweep, where slots would idle, they are
// spread.

// A cohort that saves less than this of its members' work is not formed: every fault would take
// all of them back for little.
constexpr double kLeastGain = 0.03;
// A trial of which others could do no more than this is trained alone.
constexpr double kLeastShareable = 0.01;
constexpr std::size_t kMostMembers = 32;

// Some of a shape's members, the one with the least frozen first.
using Part = std::vector<std::size_t>;
CohortShape shape_of(const CohortShape& shape, const Part& part);

// In `parts` parts of at most `most` members. Where that cannot be, the result is empty.
// Those with cuts near each other, which have most in common, together, so that the longest part is
// as short as can be with them.
std::vector<Part> divided_by_cut(const CohortShape& shape, std::size_t parts, std::size_t most);
// As even as can be had by dealing the longest member first, each to the part that it makes the
// least long.
std::vector<Part> dealt(const CohortShape& shape, std::size_t parts, std::size_t most);

// What else there is to do, in multiply-adds that take as long as the cohort's own.
struct Around {
    double work = 0;   // of others, running or waiting
    double slots = 1;  // for all of it, the cohort's members included
    // From now to when each slot is free, the earliest first; as many as there are members do.
    std::vector<double> free = {0};
    double last_free = 0;             // of all slots
    std::size_t most = kMostMembers;  // members that fit into memory and are not held apart
};

// When all is done, at the earliest, if the shape is trained in these parts: the longest first,
// each on the slot that is free first (Graham 1969), and not before the slots have shared all work
// evenly.
double end_of(const CohortShape& shape, const std::vector<Part>& parts, const Around& around);

// Of both ways to divide it, for any number of parts: in as few parts as end within 2 % of the
// earliest end, and of these with the least work. Not empty unless the shape is.
std::vector<Part> best_parts(const CohortShape& shape, const Around& around);

// The part that goes first: the longest one, or its shallowest member where it gains too little.
Part next_part(const CohortShape& shape, const Around& around);

}  // namespace graft::scheduler
