// SPDX-License-Identifier: Apache-2.0
#include "results/status.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"

#include "sweep/network_name.hpp"

#include "results/statistics/summary.hpp"

namespace graft::results {

namespace {

using sweep::Trial;

bool is_open(const Trial& trial) {
    return std::holds_alternative<sweep::Waiting>(trial.state) ||
           std::holds_alternative<sweep::Running>(trial.state);
}

void count(Counts& counts, const Trial& trial) {
    if (trial.left_out) {
        ++counts.left_out;
        return;
    }
    const std::string_view state = sweep::name_of(trial.state);
    ++(state == "waiting"    ? counts.waiting
       : state == "running"  ? counts.running
       : state == "done"     ? counts.done
       : state == "stopped"  ? counts.stopped
       : state == "diverged" ? counts.diverged
                             : counts.failed);
}

double share_done(const Trial& trial) {
    return trial.work.epochs > 0 ? std::min(1.0, static_cast<double>(trial.rows.size()) /
                                                     static_cast<double>(trial.work.epochs))
                                 : 0.0;
}

// Seconds per multiply-add, learned from trials.
class Rates {
  public:
    void add(const Trial& trial, double share) {
        const double work = sweep::total_multiply_adds(trial.work) * share;
        if (work > 0 && trial.seconds > 0) {
            rates_[trial.spec->network].push_back(trial.seconds / work);
            all_.push_back(trial.seconds / work);
        }
    }
    std::int64_t count() const { return std::ssize(all_); }
    double of(const std::string& network) const {
        const auto found = rates_.find(network);
        return statistics::summarise(found == rates_.end() ? all_ : found->second).mean;
    }
    // Relative deviation of a trial from the rate of its network; none when no network has two.
    std::optional<double> scatter() const {
        double squares = 0;
        std::int64_t freedom = 0;
        for (const auto& [network, rates] : rates_) {
            const statistics::Summary summary = statistics::summarise(rates);
            for (const double rate : rates) {
                squares += std::pow(rate / summary.mean - 1, 2);
            }
            freedom += summary.n - 1;
        }
        return freedom > 0 ? std::optional(std::sqrt(squares / static_cast<double>(freedom)))
                           : std::nullopt;
    }

  private:
    std::map<std::string, std::vector<double>> rates_;
    std::vector<double> all_;
};

Rates learn(const sweep::Record& record, bool finished) {
    Rates rates;
    for (const auto& trial : record.trials()) {
        const bool done = sweep::name_of(trial.state) == "done";
        if (finished ? done : is_open(trial)) {
            rates.add(trial, finished ? 1 : share_done(trial));
        }
    }
    return rates;
}

// Slots that were given work since the last start.
std::int64_t slots_at_work(const sweep::Record& record) {
    const auto* last = record.last_run();
    if (!last) {
        return 1;
    }
    const auto begin = last->started.time;
    std::set<std::pair<sweep::Rank, sweep::Slot>> slots;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            if (attempt.start >= begin && !attempt.slots.empty()) {
                slots.emplace(attempt.rank, attempt.slots.front());
            }
        }
    }
    return std::max<std::int64_t>(1, std::ssize(slots));
}

std::optional<TimeLeft> time_left(const sweep::Record& record) {
    TimeLeft left;
    Rates rates = learn(record, true);
    left.finished = rates.count();
    if (left.finished == 0) {
        rates = learn(record, false);
    }
    double total = 0;
    double longest = 0;
    std::map<sweep::CohortId, double> cohorts;
    double squares = 0;
    for (const auto& trial : record.trials()) {
        if (trial.left_out || !is_open(trial)) {
            continue;
        }
        const double seconds = rates.of(trial.spec->network) *
                               sweep::total_multiply_adds(trial.work) * (1 - share_done(trial));
        total += seconds;
        squares += seconds * seconds;
        // Members of a cohort end together; what waits may be trained alone.
        const auto* running = std::get_if<sweep::Running>(&trial.state);
        longest = std::max(longest, running ? cohorts[running->cohort] += seconds : seconds);
    }
    if (rates.count() == 0 || total == 0) {
        return std::nullopt;
    }
    left.slots = slots_at_work(record);
    const auto slots = static_cast<double>(left.slots);
    left.seconds = std::max(total / slots, longest);
    if (const auto scatter = rates.scatter(); scatter && left.finished > 0) {
        // Each trial scatters on its own, and all share the error of the learned rate.
        const double deviation =
            *scatter * std::sqrt(squares + total * total / static_cast<double>(left.finished)) /
            slots;
        left.low = std::max(0.0, left.seconds - 2 * deviation);
        left.high = left.seconds + 2 * deviation;
    }
    return left;
}

std::vector<RunningCohort> running_cohorts(const sweep::Record& record) {
    std::map<sweep::CohortId, RunningCohort> cohorts;  // ids grow with time
    for (const auto& trial : record.trials()) {
        const auto* running = std::get_if<sweep::Running>(&trial.state);
        if (!running || trial.attempts.empty()) {
            continue;
        }
        RunningCohort& cohort = cohorts[running->cohort];
        if (cohort.members.empty()) {
            cohort.cohort = running->cohort;
            cohort.attempt = &trial.attempts.back();
            cohort.epochs_saved = static_cast<std::int32_t>(trial.rows.size());
        }
        cohort.members.push_back(&trial);
    }
    std::vector<RunningCohort> list;
    for (auto& [id, cohort] : cohorts) {
        list.push_back(std::move(cohort));
    }
    return list;
}

bool broke(const sweep::Attempt& attempt) {
    return attempt.ending && !std::holds_alternative<sweep::Completed>(*attempt.ending) &&
           !std::holds_alternative<sweep::Drained>(*attempt.ending);
}

}  // namespace

SweepStatus status_of(const sweep::Record& record) {
    SweepStatus status;
    for (const auto& trial : record.trials()) {
        count(status.counts, trial);
        if (trial.left_out) {
            continue;
        }
        if (std::holds_alternative<sweep::Failed>(trial.state)) {
            status.failed.push_back(&trial);
        } else if (is_open(trial) &&
                   std::count_if(trial.attempts.begin(), trial.attempts.end(), broke) >= 2) {
            status.restless.push_back(&trial);
        }
    }
    status.running = running_cohorts(record);
    status.time_left = time_left(record);
    return status;
}

std::string short_init(const std::string& init) {
    const auto slash = init.rfind('/');
    return slash == std::string::npos ? init : ".." + init.substr(slash);
}

}  // namespace graft::results
