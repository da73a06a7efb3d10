// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "sweep/findings_settings.hpp"

#include "results/findings/design.hpp"
#include "results/statistics/equivalence.hpp"
#include "results/statistics/paired.hpp"

namespace graft::results::findings {

// How much better one arm is than another: paired by replicate, averaged over networks within a
// replicate before anything is tested, never pooled over networks or datasets (docs/statistics.md).

using sweep::RateRule;

// The rate of an arm that has the highest mean validation AUC over the replicates that all its
// rates have (over each rate's own where they share none).
struct RateChoice {
    double rate = NAN;
    std::size_t tried = 0;       // rates with results
    std::size_t replicates = 0;  // that decided; 0: the rates share none
    bool at_edge = false;        // the lowest or highest of several: a better one may lie beyond
};
// Nothing when the arm has no run.
std::optional<RateChoice> choose_rate(const Context& context, const Arm& arm);

// The one rate for all arms of a context: the one with most runs, over all arms; then the one at
// which random (or else every arm) has the highest mean validation AUC. NaN without runs.
double shared_rate(const Context& context);

// The rate of an arm under a rule; nothing when it has no run there.
std::optional<double> rate_for(const Context& context, const Arm& arm, RateRule rule);

// One network on one dataset.
struct Effect {
    const Context* context = nullptr;
    Arm arm, baseline;
    double arm_rate = NAN, baseline_rate = NAN;
    std::vector<Replicate> replicates = {};                     // of the pairs
    std::vector<double> arm_values = {}, baseline_values = {};  // of the pairs
    statistics::Paired points = {};                             // differences of the metric itself
    statistics::Interval percent = {};                   // differences in percent of the baseline
    std::size_t unpaired = 0;                            // runs of either cell without partner
    std::int64_t failed = 0, diverged = 0, stopped = 0;  // trials of both cells
};
// Nothing when the arms have no pair under this rule.
std::optional<Effect> effect_of(const Context& context, const Arm& arm, const Arm& baseline,
                                RateRule rule, Metric metric);

// One dataset, averaged over the networks that have both arms: of each replicate that all of them
// have the mean, then as above.
struct DatasetEffect {
    std::string dataset;
    Arm arm, baseline;
    std::vector<Effect> networks = {};  // never empty
    std::vector<Replicate> replicates = {};
    std::vector<double> arm_values = {}, baseline_values = {};  // means over networks
    statistics::Paired points = {};
    statistics::Interval percent = {};
    double adjusted_p = NAN;  // of a confirmatory family; else missing
};
std::optional<DatasetEffect> dataset_effect(const std::vector<Context>& contexts,
                                            const std::string& dataset, const Arm& arm,
                                            const Arm& baseline, RateRule rule, Metric metric);

// The same with both arms at this learning rate.
std::optional<DatasetEffect> dataset_effect_at(const std::vector<Context>& contexts,
                                               const std::string& dataset, const Arm& arm,
                                               const Arm& baseline, double rate, Metric metric);
// Rates at which some network on the dataset has a pair of these arms, rising.
std::vector<double> common_rates(const std::vector<Context>& contexts, const std::string& dataset,
                                 const Arm& arm, const Arm& baseline);

// A comparison named before the run: "imagenet - random".
struct Contrast {
    Arm arm, baseline;
};
Contrast contrast_of(const sweep::NamedContrast& named);
// Every contrast on every dataset that has it; p values adjusted by Holm over all of them.
std::vector<DatasetEffect> family_of(const std::vector<Context>& contexts,
                                     const std::vector<Contrast>& contrasts, RateRule rule,
                                     Metric metric);

// Whether a small network is on par with the others, all trained from scratch (random, nothing
// frozen), each at its own best rate: paired by replicate, averaged over the other networks.
struct Parity {
    std::string dataset, small, others;  // names; "densenet121, mobilenet"
    std::vector<Replicate> replicates;
    statistics::Equivalence test;  // of small - others
};
std::vector<Parity> parity_of(const std::vector<Context>& contexts, const std::string& small,
                              Metric metric, double margin);

}  // namespace graft::results::findings
