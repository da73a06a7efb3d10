// SPDX-License-Identifier: Apache-2.0
#include "scheduler/deadline.hpp"

#include <algorithm>

namespace graft::scheduler {

namespace {

// For the last batches, the journal's end and the last publication.
constexpr core::Seconds kToEnd{15};
constexpr double kSaves = 4;
constexpr double kBegins = 2;

core::Instant::duration in_clock(core::Seconds duration) {
    return std::chrono::duration_cast<core::Instant::duration>(duration);
}

}  // namespace

void Deadline::learn_begin(const TrialClass& trials, core::Seconds took) {
    begin_[trials] = took;
}

void Deadline::learn_save(core::Seconds took) {
    longest_save_ = std::max(longest_save_, took);
}

std::optional<core::Instant> Deadline::drain_at() const {
    return end_ ? std::optional(*end_ - in_clock(kToEnd + kSaves * longest_save_)) : std::nullopt;
}

core::Seconds Deadline::to_first_save(const TrialClass& trials) const {
    core::Seconds begin{0};
    if (const auto found = begin_.find(trials); found != begin_.end()) {
        begin = found->second;
    } else {
        for (const auto& [its_class, took] : begin_) {
            begin = std::max(begin, took);
        }
    }
    return kBegins * begin + longest_save_;
}

bool Deadline::admits(const TrialClass& trials, core::Instant now) const {
    const auto last = drain_at();
    return !last || now + in_clock(to_first_save(trials)) < *last;
}

}  // namespace graft::scheduler
