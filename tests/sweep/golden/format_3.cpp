// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

namespace graft::tests {

namespace {

using namespace sweep;

core::WallTime at(std::int64_t seconds) {
    return {1'795'478'400'000'000 + seconds * 1'000'000};
}

}  // namespace

std::vector<Segment> golden_format_3() {
    const TrialId first{"0e56f5b1867898d7"}, failed{"d5d73ec0a7583c91"};
    auto segments = golden_format_2();
    const Segment added{
        {TrialFailed{at(1700), failed, "it crashed three times"}},
        {FilesFreed{at(1701), first, Freed::weights}, FilesFreed{at(1701), failed, Freed::state}}};
    segments[2].insert(segments[2].end(), added.begin(), added.end());
    return segments;
}

}  // namespace graft::tests
