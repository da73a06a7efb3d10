// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cost_model.hpp"

#include <array>
#include <cmath>

#include "core/text.hpp"

namespace graft::scheduler {

namespace {

constexpr double kNewest = 0.25;  // weight of the newest figure

// From the nearest to the farthest.
std::array<std::string, 4> keys(const TrialClass& trials, const std::string& device) {
    const std::string network = device + '\n' + trials.network;
    return {network + '\n' + trials.need.fingerprint + '\n' + std::to_string(trials.need.size) +
                '\n' + core::shortest(trials.freeze),
            network, device, ""};
}

}  // namespace

void CostModel::learn(const TrialClass& trials, const std::string& device, double multiply_adds,
                      double seconds) {
    const double figure = seconds / multiply_adds;
    if (!(multiply_adds > 0) || !(seconds > 0) || !std::isfinite(figure)) {
        return;
    }
    for (const auto& key : keys(trials, device)) {
        const auto [rate, is_new] = rates_.try_emplace(key, figure);
        if (!is_new) {
            rate->second += kNewest * (figure - rate->second);
        }
    }
}

void CostModel::learn(const sweep::Record& record) {
    for (const auto& trial : record.trials()) {
        if (std::holds_alternative<sweep::Done>(trial.state) && !trial.attempts.empty()) {
            learn(class_of(trial), trial.attempts.back().device,
                  sweep::total_multiply_adds(trial.work), trial.seconds);
        }
    }
}

std::optional<double> CostModel::seconds_per_multiply_add(const TrialClass& trials,
                                                          const std::string& device) const {
    for (const auto& key : keys(trials, device)) {
        const auto found = rates_.find(key);
        if (found != rates_.end()) {
            return found->second;
        }
    }
    return std::nullopt;
}

double CostModel::weight(const TrialClass& trials, const std::string& device) const {
    return seconds_per_multiply_add(trials, device).value_or(1);
}

}  // namespace graft::scheduler
