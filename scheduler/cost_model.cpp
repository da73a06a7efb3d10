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
        Rate& rate = rates_[key];
        const double newest = rate.figures == 0 ? 1 : kNewest;
        rate.seconds += newest * (figure - rate.seconds);
        ++rate.figures;
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

std::optional<Estimate> CostModel::estimate(const TrialClass& trials,
                                            const std::string& device) const {
    const auto all = keys(trials, device);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto found = rates_.find(all[i]);
        if (found != rates_.end()) {
            return Estimate{found->second.seconds, static_cast<LearnedFrom>(i),
                            found->second.figures};
        }
    }
    return std::nullopt;
}

std::optional<double> CostModel::seconds_per_multiply_add(const TrialClass& trials,
                                                          const std::string& device) const {
    const auto found = estimate(trials, device);
    return found ? std::optional(found->seconds_per_multiply_add) : std::nullopt;
}

double CostModel::weight(const TrialClass& trials, const std::string& device) const {
    return seconds_per_multiply_add(trials, device).value_or(1);
}

}  // namespace graft::scheduler
