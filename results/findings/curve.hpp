// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <string>
#include <vector>

#include "results/findings/effect.hpp"
#include "results/findings/speedup.hpp"

namespace graft::results::findings {

// How training went, epoch by epoch, and how results depend on the freeze level.

// What the spread of a mean is over.
enum class Over {
    networks,    // of means over replicates within each network
    replicates,  // of one network
};

struct EpochMean {
    int epoch = 0;       // from 1, warm-up included
    double steps = NAN;  // mean over trials
    statistics::Interval value;
    double trend = NAN;  // running median of three of the means
};
// Validation AUC of one arm on one dataset, each network at the arm's rate under `rule` against
// random. An epoch counts only where every trial has it.
struct MeanCurve {
    std::string dataset;
    Arm arm;
    Curve curve = Curve::moving;
    Over over = Over::replicates;
    std::size_t networks = 0, trials = 0;
    std::vector<EpochMean> epochs;
};
// Nothing without epochs. Over networks when there are several of them.
std::optional<MeanCurve> mean_curve(const std::vector<Context>& contexts,
                                    const std::string& dataset, const Arm& arm, RateRule rule,
                                    Curve curve);

// One freeze level of one network on one dataset, at the arm's own best rate or at one for all.
struct FreezeLevel {
    double freeze = 0;        // percent of layers asked for
    double layers = NAN;      // share of layers frozen, 0 to 1
    double parameters = NAN;  // share of parameters frozen, 0 to 1
    double rate = NAN;
    statistics::Interval value;  // of the metric, over replicates
    statistics::Paired against;  // value - that of freeze 0, paired by replicate
};
struct FreezeCurve {
    const Context* context = nullptr;
    std::string init;
    std::vector<FreezeLevel> levels;  // by freeze; at least two
};
// Of every pretrained init with two levels or more, all layers transferred.
std::vector<FreezeCurve> freeze_curves(const std::vector<Context>& contexts, RateRule rule,
                                       Metric metric);

// When an arm was best, and what it lost by going on.
struct Overfitting {
    const Context* context = nullptr;
    Arm arm;
    double rate = NAN;
    std::int64_t epochs = 0;               // of the longest trial
    statistics::Interval best_epoch;       // of the validation AUC, warm-up included, from 1
    statistics::Interval fall;             // best - last validation AUC
    statistics::Interval loss_best_epoch;  // of the lowest validation loss
};
std::vector<Overfitting> overfitting_of(const std::vector<Context>& contexts,
                                        const std::vector<Arm>& arms, RateRule rule);

}  // namespace graft::results::findings
