// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

namespace graft::tests {

namespace {

using namespace sweep;

core::WallTime at(std::int64_t seconds) {
    return {1'795'478'400'000'000 + seconds * 1'000'000};
}

// One attempt of the trial that the third segment has failed, with this ending.
Group attempt(std::uint64_t cohort, const TrialId& trial, std::int32_t number, Ending ending) {
    AttemptStarted start;
    start.time = at(1600);
    start.cohort = CohortId(cohort);
    start.members = {{trial, number}};
    start.slots = {Slot(1)};
    start.host = "node3";
    return {start, AttemptEnded{at(1601), CohortId(cohort), std::move(ending)}};
}

}  // namespace

std::vector<Segment> golden_format_2() {
    const TrialId failed{"d5d73ec0a7583c91"};
    auto segments = golden_format_1();
    const Segment added{
        {DeviceFailed{at(1550), "node3", "GPU-01234567-89ab-cdef-0123-456789abcdef", "Xid 79"}},
        {TrialRetried{at(1551), failed},
         RequestAnswered{at(1552), "retry.1", "1 trial waits again"}},
        attempt(13, failed, 10, Hung{600.5}),
        attempt(14, failed, 11, HostOutOfMemory{"oom_kill rose by 1"}),
        attempt(15, failed, 12, DeviceBusy{"all CUDA-capable devices are busy"})};
    segments[2].insert(segments[2].end(), added.begin(), added.end());
    return segments;
}

}  // namespace graft::tests
