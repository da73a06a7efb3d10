// SPDX-License-Identifier: Apache-2.0
#include "results/findings/speedup.hpp"

#include <algorithm>
#include <array>
#include <map>

namespace graft::results::findings {

namespace {

double running_median(const std::vector<double>& values, std::size_t last) {
    if (last < 2) {
        return *std::min_element(values.begin(),
                                 values.begin() + static_cast<std::ptrdiff_t>(last) + 1);
    }
    std::array<double, 3> three{values[last - 2], values[last - 1], values[last]};
    std::sort(three.begin(), three.end());
    return three[1];
}

// The first point at or above `level`; null when there is none.
const Progress* first_at(const std::vector<Progress>& progress, double level) {
    // Rounding of floor + 1 (best - floor) must not push the level above the best itself.
    const auto found = std::find_if(progress.begin(), progress.end(), [&](const Progress& point) {
        return point.value >= level - 1e-12;
    });
    return found == progress.end() ? nullptr : &*found;
}

std::optional<Ratio> ratio_of(const Run& arm, const Run& random, Curve curve, double f,
                              double floor) {
    const auto own = progress_of(*arm.trial, curve), other = progress_of(*random.trial, curve);
    if (own.empty() || other.empty()) {
        return std::nullopt;
    }
    const auto best =
        std::max_element(other.begin(), other.end(),
                         [](const Progress& a, const Progress& b) { return a.value < b.value; });
    if (!(best->value > floor)) {
        return std::nullopt;
    }
    const double level = floor + f * (best->value - floor);
    const Progress& theirs = *first_at(other, level);
    const Progress* reached = first_at(own, level);
    const Progress& ours = reached ? *reached : own.back();
    Ratio ratio{arm.replicate, reached ? Reach::reached : Reach::never};
    ratio.steps = theirs.steps / ours.steps;
    // Epochs too short for the clock have no ratio.
    ratio.seconds = theirs.seconds > 0 && ours.seconds > 0 ? theirs.seconds / ours.seconds : NAN;
    const auto epoch = static_cast<double>(best - other.begin() + 1);
    ratio.late_best = epoch > 0.9 * static_cast<double>(other.size());
    return ratio;
}

const Run* partner(const Cell& cell, const Replicate& replicate) {
    const auto found = std::find_if(cell.runs.begin(), cell.runs.end(),
                                    [&](const Run& run) { return run.replicate == replicate; });
    return found == cell.runs.end() ? nullptr : &*found;
}

statistics::Interval mean_over_networks(const std::vector<Speedup>& networks,
                                        double Ratio::*member) {
    std::map<Replicate, std::vector<double>> by_replicate;
    for (const auto& network : networks) {
        for (const auto& ratio : network.ratios) {
            by_replicate[ratio.replicate].push_back(ratio.*member);
        }
    }
    std::vector<double> means;
    std::vector<Replicate> replicates;
    for (const auto& [replicate, ratios] : by_replicate) {
        if (ratios.size() == networks.size()) {
            means.push_back(statistics::geometric_mean(ratios).estimate);
            replicates.push_back(replicate);
        }
    }
    return statistics::geometric_mean(means, overlap_of(replicates));
}

}  // namespace

std::vector<Progress> progress_of(const sweep::Trial& trial, Curve curve) {
    std::vector<Progress> progress;
    std::vector<double> values;
    double seconds = 0;
    for (const auto& row : trial.rows) {
        seconds += row.seconds;
        const double value = curve == Curve::moving ? row.validation.auc : row.val_auc_reestimated;
        if (!std::isnan(value)) {
            values.push_back(value);
            progress.push_back({static_cast<double>(row.step), seconds,
                                running_median(values, values.size() - 1)});
        }
    }
    return progress;
}

std::optional<Speedup> speedup_of(const Context& context, const Arm& arm, RateRule rule,
                                  Curve curve, double f, double floor) {
    const auto effect = effect_of(context, arm, kRandom, rule, Metric::val_auc);
    if (!effect) {
        return std::nullopt;
    }
    Speedup speedup{&context, arm, curve, f, effect->arm_rate, effect->baseline_rate, {}};
    const Cell& own = *context.find(arm, effect->arm_rate);
    const Cell& random = *context.find(kRandom, effect->baseline_rate);
    for (const auto& run : own.runs) {
        if (const Run* other = partner(random, run.replicate)) {
            if (const auto ratio = ratio_of(run, *other, curve, f, floor)) {
                speedup.ratios.push_back(*ratio);
            }
        }
    }
    return speedup.ratios.empty() ? std::nullopt : std::optional(speedup);
}

std::optional<SpeedupSummary> dataset_speedup(const std::vector<Context>& contexts,
                                              const std::string& dataset, const Arm& arm,
                                              RateRule rule, Curve curve, double f, double floor) {
    SpeedupSummary summary{dataset, arm, curve, f, {}, {}, {}};
    for (const auto& context : contexts) {
        if (context.dataset != dataset) {
            continue;
        }
        if (auto speedup = speedup_of(context, arm, rule, curve, f, floor)) {
            for (const auto& ratio : speedup->ratios) {
                ++summary.ratios;
                summary.never += ratio.reach == Reach::never ? 1 : 0;
                summary.late_best += ratio.late_best ? 1 : 0;
            }
            summary.networks.push_back(std::move(*speedup));
        }
    }
    if (summary.networks.empty()) {
        return std::nullopt;
    }
    summary.steps = mean_over_networks(summary.networks, &Ratio::steps);
    summary.seconds = mean_over_networks(summary.networks, &Ratio::seconds);
    if (summary.is_bound()) {
        summary.steps.low = summary.steps.high = NAN;
        summary.seconds.low = summary.seconds.high = NAN;
    }
    return summary;
}

}  // namespace graft::results::findings
