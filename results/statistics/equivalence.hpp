// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "results/statistics/interval.hpp"

namespace graft::results::statistics {

// Whether the mean of a and that of b differ by less than a margin, by two one-sided t tests at
// level 0.05 (Schuirmann 1987): equivalent when both reject, which is when the 90 % interval lies
// within -margin .. margin. "Not equivalent" does not mean different.
struct Equivalence {
    Interval difference;  // of a - b, 90 %
    double p = NAN;       // the larger of the two one-sided ones; missing below two pairs or values
    double margin = 0;
    bool equivalent = false;
};

// Values at the same place are a pair; pairs with a missing side are left out. Where all n
// differences are equal, p is that of their signs: 2^-n within the margin (missing where pairs
// overlap), else 1.
Equivalence equivalent_paired(std::span<const double> a, std::span<const double> b, double margin,
                              Overlap overlap = {});

// Unpaired, variances not assumed equal (Welch). Missing values are left out; difference.n counts
// both sides. Nothing but the difference is given when neither side has any spread.
Equivalence equivalent(std::span<const double> a, std::span<const double> b, double margin);

}  // namespace graft::results::statistics
