// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cost_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "core/hash.hpp"

namespace graft::scheduler {

namespace {

constexpr double kNewest = 0.25;  // weight of the newest figure

// From the nearest to the farthest.
constexpr std::array kLevels{LearnedFrom::its_class, LearnedFrom::its_network,
                             LearnedFrom::its_device, LearnedFrom::anything};

std::uint64_t key_at(LearnedFrom level, const ClassKey& trials, std::uint64_t device) {
    constexpr std::uint64_t kOdd = 0x9E3779B97F4A7C15;  // so that a device is no class's neighbour
    switch (level) {
        case LearnedFrom::its_class:
            return trials.its_class + kOdd * device;
        case LearnedFrom::its_network:
            return trials.network + kOdd * device;
        case LearnedFrom::its_device:
            return device;
        case LearnedFrom::anything:
            break;
    }
    return 0;
}

// Members of one cohort, or one trial.
struct Trained {
    std::vector<const sweep::Trial*> members;
    const sweep::Attempt* attempt = nullptr;
};

bool trained_among_others(const sweep::Trial& trial) {
    return std::any_of(trial.attempts.begin(), trial.attempts.end(), [](const auto& attempt) {
        return attempt.saves > 0 && attempt.members > 1;
    });
}

// Null: there are several, or none.
const sweep::Attempt* only_saved_attempt(const sweep::Trial& trial) {
    const sweep::Attempt* only = nullptr;
    for (const auto& attempt : trial.attempts) {
        if (attempt.saves > 0) {
            if (only) {
                return nullptr;
            }
            only = &attempt;
        }
    }
    return only;
}

// Nothing where some members have their result and others have not: they stand apart.
double done_by(const std::vector<const sweep::Trial*>& members) {
    const double all = cohort_multiply_adds(whole_shape_of(members));
    const auto finished = std::count_if(members.begin(), members.end(), [](const auto* trial) {
        return std::holds_alternative<sweep::Done>(trial->state);
    });
    const bool together =
        finished == std::ssize(members) ||
        (finished == 0 && std::all_of(members.begin(), members.end(), [&](const auto* trial) {
             return trial->position == members.front()->position;
         }));
    return !together ? 0 : finished > 0 ? all : all - cohort_multiply_adds(shape_of(members));
}

double seconds_of(const std::vector<const sweep::Trial*>& members) {
    double seconds = 0;
    for (const auto* trial : members) {
        seconds += trial->seconds;
    }
    return seconds;
}

}  // namespace

void CostModel::learn(const TrialClass& trials, const std::string& device, double multiply_adds,
                      double seconds) {
    const double figure = seconds * trials.slots / multiply_adds;
    if (!(multiply_adds > 0) || !(seconds > 0) || !std::isfinite(figure)) {
        return;
    }
    const auto its_key = key_of(trials);
    const auto on = key_of_device(device);
    for (const auto level : kLevels) {
        Rate& rate = rates_[key_at(level, its_key, on)];
        const double newest = rate.figures == 0 ? 1 : kNewest;
        rate.seconds += newest * (figure - rate.seconds);
        ++rate.figures;
    }
}

void CostModel::learn(const sweep::Record& record, From from) {
    std::map<sweep::CohortId, Trained> cohorts;
    std::vector<Trained> all;
    for (const auto& trial : record.trials()) {
        const auto* attempt = only_saved_attempt(trial);
        const bool done = sweep::result_of(trial.state);
        if (trial.attempts.empty() || !(done || from == From::saved_too)) {
            continue;
        }
        if (!trained_among_others(trial)) {
            all.push_back({{&trial}, &trial.attempts.back()});
        } else if (attempt) {
            auto& cohort = cohorts[attempt->cohort];
            cohort.members.push_back(&trial);
            cohort.attempt = attempt;
        }
    }
    for (auto& [id, cohort] : cohorts) {
        if (std::ssize(cohort.members) == cohort.attempt->members) {
            all.push_back(std::move(cohort));
        }
    }
    for (const auto& cohort : all) {
        learn(class_of(cohort.members), cohort.attempt->device, done_by(cohort.members),
              seconds_of(cohort.members));
    }
}

std::pair<const CostModel::Rate*, LearnedFrom> CostModel::find(const ClassKey& trials,
                                                               std::uint64_t device) const {
    for (const auto level : kLevels) {
        const auto found = rates_.find(key_at(level, trials, device));
        if (found != rates_.end()) {
            return {&found->second, level};
        }
    }
    return {nullptr, LearnedFrom::anything};
}

std::uint64_t CostModel::key_of_device(const std::string& device) {
    constexpr std::uint64_t kDevice = 3;  // as the others in key_of()
    return core::checksum(device, kDevice);
}

std::optional<Estimate> CostModel::estimate(const TrialClass& trials,
                                            const std::string& device) const {
    const auto [rate, level] = find(key_of(trials), key_of_device(device));
    return rate ? std::optional(Estimate{rate->seconds / trials.slots, level, rate->figures})
                : std::nullopt;
}

std::optional<double> CostModel::seconds_per_multiply_add(const TrialClass& trials,
                                                          const std::string& device) const {
    const auto found = estimate(trials, device);
    return found ? std::optional(found->seconds_per_multiply_add) : std::nullopt;
}

double CostModel::weight(const TrialClass& trials, const std::string& device) const {
    return weight(key_of(trials), trials.slots, key_of_device(device));
}

double CostModel::weight(const ClassKey& trials, std::int32_t slots, std::uint64_t device) const {
    const auto* rate = find(trials, device).first;
    return (rate ? rate->seconds : 1.0) / slots;
}

}  // namespace graft::scheduler
