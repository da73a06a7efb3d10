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

void Deadline::learn_save(core::Seconds took, std::size_t members) {
    longest_save_ = std::max(longest_save_, took);
    longest_of_one_ =
        std::max(longest_of_one_, took / static_cast<double>(std::max<std::size_t>(1, members)));
}

core::Seconds Deadline::save_of(std::size_t members) const {
    return std::max(longest_save_, static_cast<double>(members) * longest_of_one_);
}

std::optional<core::Instant> Deadline::drain_at(std::size_t members) const {
    return end_ ? std::optional(*end_ - in_clock(kToEnd + kSaves * save_of(members)))
                : std::nullopt;
}

core::Seconds Deadline::to_first_save(const TrialClass& trials, std::size_t members) const {
    core::Seconds begin{0};
    if (const auto found = begin_.find(trials); found != begin_.end()) {
        begin = found->second;
    } else {
        for (const auto& [its_class, took] : begin_) {
            begin = std::max(begin, took);
        }
    }
    return kBegins * begin + save_of(members);
}

bool Deadline::admits(const TrialClass& trials, core::Instant now, std::size_t members) const {
    const auto last = drain_at(members);
    return !last || now + in_clock(to_first_save(trials, members)) < *last;
}

}  // namespace graft::scheduler
