// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "sweep/event.hpp"

namespace graft::tests {

// What the golden journals hold, constructed here; the files beside this one were written by the
// graft that had their format. README.md says how the next one is made.

using Group = std::vector<sweep::Event>;

// One segment: its groups, the first of them the start alone, with the seals that are in the file.
using Segment = std::vector<Group>;

// Every event and ending of format 1: a segment closed in good order, one with a torn end, and
// one that seals both and is still open.
std::vector<Segment> golden_format_1();
// The same, and what format 2 added, in the third segment.
std::vector<Segment> golden_format_2();
// The same, and what format 3 added, in the third segment.
std::vector<Segment> golden_format_3();
// The same, and what format 4 added, in the third segment.
std::vector<Segment> golden_format_4();
// The same, and what format 5 added, in the third segment.
std::vector<Segment> golden_format_5();

// Writes such a journal with the code at hand: void bytes after the first segment's accepted end,
// a torn group after the second's.
void write_golden(const std::filesystem::path& sweep, const std::vector<Segment>& segments);

}  // namespace graft::tests
