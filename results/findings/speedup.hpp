// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "results/findings/effect.hpp"

namespace graft::results::findings {

// How much sooner an arm reaches the quality of another one: T_random / T_arm, T the optimizer
// steps (or GPU-seconds) from the first step of all, warm-up included, until the running median of
// three validation AUCs first reaches floor + f (best - floor), where `best` is the largest running
// median that the random arm of the same replicate ever had, and `floor` what a constant predictor
// scores. The median is over the latest three epochs; over fewer at the start it is the lowest, so
// that one lucky epoch does not count.

// Which curve: by moving batch-norm averages, or with statistics taken anew.
enum class Curve { moving, reestimated };

struct Progress {
    double steps = 0, seconds = 0;  // since the first step, after an epoch
    double value = NAN;             // running median of the validation AUC
};
// Of a trial's epochs, in order; epochs without that value are left out.
std::vector<Progress> progress_of(const sweep::Trial& trial, Curve curve);

enum class Reach {
    reached,
    never,  // by the arm: the ratio is an upper bound, T the arm's whole training
};
struct Ratio {
    Replicate replicate;
    Reach reach = Reach::reached;
    double steps = NAN, seconds = NAN;  // T_random / T_arm
    bool late_best = false;  // the random arm was best in the last tenth of its epochs: not done
};

struct Speedup {
    const Context* context = nullptr;
    Arm arm;
    Curve curve = Curve::moving;
    double f = 1;
    double arm_rate = NAN, random_rate = NAN;
    std::vector<Ratio> ratios;  // by replicate
};
// Nothing when the arms have no pair under this rule, or no such curve; a replicate whose random
// arm never rose above the floor has no ratio. `floor`: of the validation AUC.
std::optional<Speedup> speedup_of(const Context& context, const Arm& arm, RateRule rule,
                                  Curve curve, double f, double floor);

// Geometric means: over networks within a replicate, then over replicates with Student's interval
// of the logarithms. A ratio that is a bound is kept as its value. When half of all ratios or more
// are bounds, the mean is one, too, and stands without an interval.
struct SpeedupSummary {
    std::string dataset;
    Arm arm;
    Curve curve = Curve::moving;
    double f = 1;
    std::vector<Speedup> networks;  // never empty
    statistics::Interval steps, seconds;
    std::size_t ratios = 0, never = 0, late_best = 0;
    bool is_bound() const { return 2 * never >= ratios; }
};
std::optional<SpeedupSummary> dataset_speedup(const std::vector<Context>& contexts,
                                              const std::string& dataset, const Arm& arm,
                                              RateRule rule, Curve curve, double f, double floor);

}  // namespace graft::results::findings
