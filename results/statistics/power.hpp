// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>
#include <cstdint>

#include "results/statistics/interval.hpp"

namespace graft::results::statistics {

// The true mean difference that a two-sided paired t test at level `alpha` finds with probability
// `power`, given the standard deviation `sd` of the paired differences (1: in units of it). Solved
// numerically from the non-central t distribution. NaN below two pairs.
double smallest_detectable(std::int64_t pairs, double sd, Overlap overlap = {}, double alpha = 0.05,
                           double power = 0.8);

// The probability that such a test finds a true mean difference of `effect` standard deviations;
// `pairs` > 1, `effect` >= 0.
double power_of_paired_t(std::int64_t pairs, double effect, Overlap overlap = {},
                         double alpha = 0.05);

}  // namespace graft::results::statistics
