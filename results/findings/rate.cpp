// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "results/findings/effect.hpp"
#include "results/statistics/summary.hpp"

namespace graft::results::findings {

namespace {

using Replicates = std::set<Replicate>;

Replicates replicates_of(const Cell& cell) {
    Replicates found;
    for (const auto& run : cell.runs) {
        found.insert(run.replicate);
    }
    return found;
}

Replicates common(const Replicates& a, const Replicates& b) {
    Replicates both;
    std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::inserter(both, both.end()));
    return both;
}

// Over the runs of these replicates, or over all where there are none.
double mean_validation(const Cell& cell, const Replicates& replicates) {
    std::vector<double> values;
    for (const auto& run : cell.runs) {
        if (replicates.empty() || replicates.count(run.replicate) > 0) {
            values.push_back(value_of(run, Metric::val_auc));
        }
    }
    return statistics::summarise(values).mean;
}

}  // namespace

std::optional<RateChoice> choose_rate(const Context& context, const Arm& arm) {
    const auto rates = context.rates(arm);
    if (rates.empty()) {
        return std::nullopt;
    }
    Replicates shared = replicates_of(*context.find(arm, rates.front()));
    for (const double rate : rates) {
        shared = common(shared, replicates_of(*context.find(arm, rate)));
    }
    RateChoice choice{rates.front(), rates.size(), shared.size(), false};
    double best = -1;
    for (const double rate : rates) {
        const double mean = mean_validation(*context.find(arm, rate), shared);
        if (mean > best) {
            best = mean;
            choice.rate = rate;
        }
    }
    choice.at_edge =
        rates.size() > 1 && (choice.rate == rates.front() || choice.rate == rates.back());
    return choice;
}

double shared_rate(const Context& context) {
    std::map<double, std::size_t> runs;
    for (const auto& cell : context.cells) {
        runs[cell.learning_rate] += cell.runs.size();
    }
    const auto validation = [&](double rate) {
        std::vector<double> values;
        for (const auto& cell : context.cells) {
            if (cell.learning_rate == rate && (cell.arm == kRandom || !context.has(kRandom))) {
                values.push_back(mean_validation(cell, {}));
            }
        }
        const double mean = statistics::summarise(values).mean;
        return std::isnan(mean) ? -1 : mean;
    };
    double chosen = NAN;
    std::pair<std::size_t, double> best{0, -1};
    for (const auto& [rate, count] : runs) {
        const std::pair score{count, validation(rate)};
        if (count > 0 && score > best) {
            best = score;
            chosen = rate;
        }
    }
    return chosen;
}

std::optional<double> rate_for(const Context& context, const Arm& arm, RateRule rule) {
    if (rule == RateRule::own_best) {
        const auto choice = choose_rate(context, arm);
        return choice ? std::optional(choice->rate) : std::nullopt;
    }
    const double rate = shared_rate(context);
    const Cell* cell = context.find(arm, rate);
    return cell && !cell->runs.empty() ? std::optional(rate) : std::nullopt;
}

}  // namespace graft::results::findings
