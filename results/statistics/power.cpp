// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/power.hpp"

#include <boost/math/distributions/non_central_t.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/toms748_solve.hpp>

namespace graft::results::statistics {

double power_of_paired_t(std::int64_t pairs, double effect, Overlap overlap, double alpha) {
    const auto n = static_cast<double>(pairs);
    const double critical =
        boost::math::quantile(boost::math::complement(boost::math::students_t(n - 1), alpha / 2));
    const boost::math::non_central_t found(n - 1, effect / error_of_mean(pairs, overlap));
    // The far tail, a finding of the wrong sign, counts as the test counts it.
    return boost::math::cdf(boost::math::complement(found, critical)) +
           boost::math::cdf(found, -critical);
}

double smallest_detectable(std::int64_t pairs, double sd, Overlap overlap, double alpha,
                           double power) {
    if (pairs < 2 || std::isnan(sd)) {
        return NAN;
    }
    if (power <= alpha) {
        return 0;  // already without any difference
    }
    const auto missing = [&](double effect) {
        return power_of_paired_t(pairs, effect, overlap, alpha) - power;
    };
    double enough = 1;
    while (missing(enough) < 0) {
        enough *= 2;
    }
    std::uintmax_t steps = 100;
    const auto bracket = boost::math::tools::toms748_solve(
        missing, 0.0, enough, boost::math::tools::eps_tolerance<double>(48), steps);
    return sd * (bracket.first + bracket.second) / 2;
}

}  // namespace graft::results::statistics
