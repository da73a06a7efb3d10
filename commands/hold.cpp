// SPDX-License-Identifier: Apache-2.0
#include "commands/hold.hpp"

#include <set>

#include "core/error.hpp"

#include "scheduler/orphans.hpp"
#include "scheduler/run.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

void check_ours(bool ours) {
    if (!ours) {
        throw Ended{"another start took this sweep over: what is left stays. Nothing is lost.", 70};
    }
}

}  // namespace

void fail_running(const fs::path& sweep, const Holder& by) {
    core::fail_input(
        "sweep '{}' is being run by {} (nothing that it needs was changed). Stop it first: graft "
        "stop {}",
        sweep.string(), text_of(by), sweep.string());
}

Hold Hold::take(const fs::path& sweep, const core::SignalFlags& signals,
                scheduler::Observer& observer) {
    const auto before = scheduler::read_holder(sweep);
    const auto alive = [&] {
        const auto now = scheduler::read_holder(sweep);
        return before && now && *now != *before;
    };
    const scheduler::Claim claim{scheduler::new_start_id(), "", core::Seconds(5),
                                 [&] { return signals.total() == 0 && !alive(); }};
    auto taken = scheduler::take_over(sweep, claim, observer);
    if (!taken && signals.total() == 0) {
        const auto holder = scheduler::read_holder(sweep).value_or(scheduler::Holder{});
        fail_running(sweep, {holder.host, holder.job, holder.pid, 0});
    }
    if (!taken) {
        throw Ended{"stopped while it waited.", scheduler::exit_code(scheduler::Outcome::drained)};
    }
    return {sweep, std::move(*taken)};
}

void Hold::beat() {
    if (core::now() - raised_ < taken_.holder.every) {
        return;
    }
    check_ours(!taken_.journal.superseded());
    raised_ = core::now();
    ++taken_.holder.counter;
    try {
        scheduler::write_holder(sweep_, taken_.holder);
    } catch (const core::NoSpaceError&) {
        return;  // there may be room the next time
    }
}

void Hold::record(const std::vector<sweep::Event>& events) {
    if (events.empty()) {
        return;
    }
    check_ours(taken_.journal.append(events));
    for (const auto& event : events) {
        taken_.record.apply(event);
    }
}

void Hold::end_open_attempts(scheduler::Observer& observer) {
    check_ours(scheduler::adopt_orphans(sweep_, taken_.record, taken_.journal, observer));
    std::set<sweep::CohortId> open;
    for (const auto& trial : record().trials()) {
        if (!trial.attempts.empty() && record().members(trial.attempts.back().cohort)) {
            open.insert(trial.attempts.back().cohort);
        }
    }
    std::vector<sweep::Event> events;
    for (const auto cohort : open) {
        events.emplace_back(
            sweep::AttemptEnded{core::wall_now(), cohort, sweep::CoordinatorLost{}});
    }
    record(events);
}

void Hold::close(std::string_view reason) {
    record({sweep::Closed{core::wall_now(), std::string(reason)}});
}

void Hold::try_to_close(std::string_view reason) noexcept {
    try {
        close(reason);
    } catch (const std::exception&) {
        return;
    } catch (const Ended&) {
        return;
    }
}

}  // namespace graft::commands
