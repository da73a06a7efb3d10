// SPDX-License-Identifier: Apache-2.0
#include "scheduler/company.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/hash.hpp"

#include "sweep/cohort.hpp"

#include "scheduler/formation.hpp"

namespace graft::scheduler {

namespace {

template <class... Kinds>
bool is_one_of(const sweep::Ending& ending) {
    return (std::holds_alternative<Kinds>(ending) || ...);
}

std::string text_of(const std::optional<sweep::Position>& position) {
    return position ? fmt::format("{} {} {} {}", static_cast<int>(position->phase), position->epoch,
                                  position->batch, position->step)
                    : "start";
}

}  // namespace

std::size_t most_together(const sweep::Trial& trial) {
    std::size_t most = kMostMembers;
    bool saved_since = false;
    for (std::size_t i = trial.attempts.size(); i > trial.forgiven; --i) {
        const auto& attempt = trial.attempts[i - 1];
        if (!attempt.ending) {
            saved_since = saved_since || attempt.saves > 0;
            continue;
        }
        if (is_one_of<sweep::DeviceOutOfMemory, sweep::HostOutOfMemory>(*attempt.ending)) {
            most = std::min(most, static_cast<std::size_t>(attempt.members) / 2);
        }
        if (!saved_since &&
            is_one_of<sweep::Crashed, sweep::Hung, sweep::InputFault>(*attempt.ending)) {
            return 1;
        }
        saved_since = saved_since || attempt.saves > 0;
    }
    return std::max<std::size_t>(1, most);
}

Alone why_alone(const sweep::Trial& trial, Cohorts cohorts) {
    if (cohorts == Cohorts::off) {
        return Alone::cohorts_off;
    }
    if (trial.may_begin_again()) {
        return Alone::begins_again;
    }
    if (most_together(trial) == 1) {
        return Alone::held_apart;
    }
    return shareable(trial) < kLeastShareable ? Alone::shares_little : Alone::no;
}

std::uint64_t company_of(const sweep::Trial& trial, Cohorts cohorts) {
    if (why_alone(trial, cohorts) != Alone::no) {
        return core::checksum("alone\n" + trial.id.text());
    }
    return core::checksum(fmt::format("{}\n{}\n{}\n{}", sweep::cohort_key(trial.spec),
                                      text_of(trial.position), saved_numerics(trial),
                                      most_together(trial)));
}

std::string saved_numerics(const sweep::Trial& trial) {
    for (auto attempt = trial.attempts.rbegin(); attempt != trial.attempts.rend(); ++attempt) {
        if (attempt->saves > 0) {
            return attempt->numerics;
        }
    }
    return "";
}

}  // namespace graft::scheduler
