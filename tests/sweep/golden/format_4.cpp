// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

namespace graft::tests {

namespace {

using namespace sweep;

core::WallTime at(std::int64_t seconds) {
    return {1'795'478'400'000'000 + seconds * 1'000'000};
}

}  // namespace

std::vector<Segment> golden_format_4() {
    auto segments = golden_format_3();
    DatasetAudited audited;
    audited.time = at(1800);
    audited.dataset = "retina";
    audited.fingerprint = "0123456789abcdef0123456789abcdef";
    audited.grouped = true;
    audited.groups_across = 2;
    audited.groups = {"p1 (train, test)", "p7 (train, validation)"};
    audited.copies_known = true;
    audited.equal = {1, 2, {"a (train) and b (test)"}};
    audited.alike = {0, 3, {"c (train) and d (test)"}};
    audited.alike_bits = 4;
    audited.conflicting = 1;
    segments[2].push_back({audited});
    return segments;
}

}  // namespace graft::tests
