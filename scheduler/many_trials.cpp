// SPDX-License-Identifier: Apache-2.0
#include "scheduler/many_trials.hpp"

#include "core/large_pages.hpp"

namespace graft::scheduler {

namespace {

constexpr std::size_t kMany = 20'000;
// Of the record and the queue, all in all (measured: docs/performance.md).
constexpr std::size_t kBytesOfTrial = 1400;

}  // namespace

void expect_trials(std::size_t count) {
    if (count >= kMany) {
        core::prefer_large_pages(count * kBytesOfTrial);
    }
}

}  // namespace graft::scheduler
