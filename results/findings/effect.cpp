// SPDX-License-Identifier: Apache-2.0
#include "results/findings/effect.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "core/text.hpp"

#include "results/statistics/interval.hpp"

namespace graft::results::findings {

namespace {

struct Pairs {
    std::vector<Replicate> replicates;
    std::vector<double> arm, baseline;
};

std::map<Replicate, double> values_of(const Cell& cell, Metric metric) {
    std::map<Replicate, double> values;
    for (const auto& run : cell.runs) {
        values[run.replicate] = value_of(run, metric);
    }
    return values;
}

Pairs pairs_of(const Cell& arm, const Cell& baseline, Metric metric) {
    Pairs pairs;
    const auto others = values_of(baseline, metric);
    for (const auto& [replicate, value] : values_of(arm, metric)) {
        if (const auto other = others.find(replicate);
            other != others.end() && !std::isnan(value) && !std::isnan(other->second)) {
            pairs.replicates.push_back(replicate);
            pairs.arm.push_back(value);
            pairs.baseline.push_back(other->second);
        }
    }
    return pairs;
}

statistics::Interval percent_of(const std::vector<double>& arm, const std::vector<double>& baseline,
                                statistics::Overlap overlap) {
    std::vector<double> percent(arm.size());
    for (std::size_t i = 0; i < arm.size(); ++i) {
        percent[i] = 100 * (arm[i] - baseline[i]) / baseline[i];
    }
    return statistics::mean_interval(percent, overlap);
}

// The replicates that every effect has, with the mean over the effects.
template <class Values>
std::vector<double> averaged(const std::vector<Effect>& effects,
                             const std::vector<Replicate>& replicates, Values values) {
    std::vector<double> means(replicates.size(), 0);
    for (const auto& effect : effects) {
        for (std::size_t i = 0; i < replicates.size(); ++i) {
            const auto at =
                std::find(effect.replicates.begin(), effect.replicates.end(), replicates[i]) -
                effect.replicates.begin();
            means[i] += values(effect)[static_cast<std::size_t>(at)];
        }
    }
    for (double& mean : means) {
        mean /= static_cast<double>(effects.size());
    }
    return means;
}

std::vector<Replicate> shared_by(const std::vector<Effect>& effects) {
    std::vector<Replicate> shared = effects.front().replicates;
    for (const auto& effect : effects) {
        std::erase_if(shared, [&](const Replicate& replicate) {
            return std::find(effect.replicates.begin(), effect.replicates.end(), replicate) ==
                   effect.replicates.end();
        });
    }
    return shared;
}

std::optional<Effect> effect_at(const Context& context, const Arm& arm, double arm_rate,
                                const Arm& baseline, double baseline_rate, Metric metric) {
    const Cell* own = context.find(arm, arm_rate);
    const Cell* other = context.find(baseline, baseline_rate);
    if (!own || !other) {
        return std::nullopt;
    }
    auto pairs = pairs_of(*own, *other, metric);
    if (pairs.replicates.empty()) {
        return std::nullopt;
    }
    Effect effect{&context, arm, baseline, arm_rate, baseline_rate};
    const auto overlap = overlap_of(pairs.replicates);
    effect.points = statistics::paired(pairs.arm, pairs.baseline, overlap);
    effect.percent = percent_of(pairs.arm, pairs.baseline, overlap);
    effect.unpaired = own->runs.size() + other->runs.size() - 2 * pairs.replicates.size();
    effect.failed = own->failed + other->failed;
    effect.diverged = own->diverged + other->diverged;
    effect.stopped = own->stopped + other->stopped;
    effect.replicates = std::move(pairs.replicates);
    effect.arm_values = std::move(pairs.arm);
    effect.baseline_values = std::move(pairs.baseline);
    return effect;
}

// `of` gives the effect of a context, or nothing.
template <class Of>
std::optional<DatasetEffect> averaged_over_networks(const std::vector<Context>& contexts,
                                                    const std::string& dataset, const Arm& arm,
                                                    const Arm& baseline, Of of) {
    DatasetEffect result{dataset, arm, baseline};
    for (const auto& context : contexts) {
        if (context.dataset != dataset) {
            continue;
        }
        if (auto effect = of(context)) {
            result.networks.push_back(std::move(*effect));
        }
    }
    if (result.networks.empty()) {
        return std::nullopt;
    }
    result.replicates = shared_by(result.networks);
    if (result.replicates.empty()) {
        return std::nullopt;
    }
    result.arm_values = averaged(
        result.networks, result.replicates, [](const Effect& e) -> auto& { return e.arm_values; });
    result.baseline_values = averaged(
        result.networks, result.replicates,
        [](const Effect& e) -> auto& { return e.baseline_values; });
    const auto overlap = overlap_of(result.replicates);
    result.points = statistics::paired(result.arm_values, result.baseline_values, overlap);
    result.percent = percent_of(result.arm_values, result.baseline_values, overlap);
    return result;
}

}  // namespace

std::optional<Effect> effect_of(const Context& context, const Arm& arm, const Arm& baseline,
                                RateRule rule, Metric metric) {
    const auto arm_rate = rate_for(context, arm, rule);
    const auto baseline_rate = rate_for(context, baseline, rule);
    if (!arm_rate || !baseline_rate) {
        return std::nullopt;
    }
    return effect_at(context, arm, *arm_rate, baseline, *baseline_rate, metric);
}

std::optional<DatasetEffect> dataset_effect(const std::vector<Context>& contexts,
                                            const std::string& dataset, const Arm& arm,
                                            const Arm& baseline, RateRule rule, Metric metric) {
    return averaged_over_networks(contexts, dataset, arm, baseline, [&](const Context& context) {
        return effect_of(context, arm, baseline, rule, metric);
    });
}

std::optional<DatasetEffect> dataset_effect_at(const std::vector<Context>& contexts,
                                               const std::string& dataset, const Arm& arm,
                                               const Arm& baseline, double rate, Metric metric) {
    return averaged_over_networks(contexts, dataset, arm, baseline, [&](const Context& context) {
        return effect_at(context, arm, rate, baseline, rate, metric);
    });
}

std::vector<double> common_rates(const std::vector<Context>& contexts, const std::string& dataset,
                                 const Arm& arm, const Arm& baseline) {
    std::set<double> rates;
    for (const auto& context : contexts) {
        for (const double rate :
             context.dataset == dataset ? context.rates(arm) : std::vector<double>{}) {
            if (effect_at(context, arm, rate, baseline, rate, Metric::val_auc)) {
                rates.insert(rate);
            }
        }
    }
    return {rates.begin(), rates.end()};
}

Contrast contrast_of(const sweep::NamedContrast& named) {
    return {{named.arm.init, named.arm.freeze, 100},
            {named.baseline.init, named.baseline.freeze, 100}};
}

std::vector<DatasetEffect> family_of(const std::vector<Context>& contexts,
                                     const std::vector<Contrast>& contrasts, RateRule rule,
                                     Metric metric) {
    std::vector<DatasetEffect> family;
    for (const auto& dataset : datasets_of(contexts)) {
        for (const auto& contrast : contrasts) {
            if (auto effect = dataset_effect(contexts, dataset, contrast.arm, contrast.baseline,
                                             rule, metric)) {
                family.push_back(std::move(*effect));
            }
        }
    }
    std::vector<double> p;
    for (const auto& effect : family) {
        p.push_back(effect.points.p);
    }
    const auto adjusted = statistics::holm(p);
    for (std::size_t i = 0; i < family.size(); ++i) {
        family[i].adjusted_p = adjusted[i];
    }
    return family;
}

namespace {

// The random arm at its best rate.
const Cell* from_scratch(const Context& context) {
    const auto choice = choose_rate(context, kRandom);
    return choice ? context.find(kRandom, choice->rate) : nullptr;
}

}  // namespace

std::vector<Parity> parity_of(const std::vector<Context>& contexts, const std::string& small,
                              Metric metric, double margin) {
    std::vector<Parity> found;
    for (const auto& dataset : datasets_of(contexts)) {
        std::vector<std::map<Replicate, double>> others;
        std::map<Replicate, double> own;
        std::vector<std::string> names;
        for (const auto& context : contexts) {
            const Cell* cell = context.dataset == dataset ? from_scratch(context) : nullptr;
            if (!cell) {
                continue;
            }
            auto values = values_of(*cell, metric);
            if (context.network == small) {
                own = std::move(values);
            } else {
                others.push_back(std::move(values));
                names.push_back(context.network);
            }
        }
        Parity parity{dataset, small, core::join(names), {}, {}};
        std::vector<double> a, b;
        for (const auto& [replicate, value] : own) {
            double sum = 0;
            bool all = !others.empty();
            for (const auto& other : others) {
                const auto at = other.find(replicate);
                all = all && at != other.end();
                sum += all ? at->second : 0;
            }
            if (all) {
                parity.replicates.push_back(replicate);
                a.push_back(value);
                b.push_back(sum / static_cast<double>(others.size()));
            }
        }
        if (!a.empty()) {
            parity.test =
                statistics::equivalent_paired(a, b, margin, overlap_of(parity.replicates));
            found.push_back(std::move(parity));
        }
    }
    return found;
}

}  // namespace graft::results::findings
