// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "results/findings/design.hpp"
#include "results/statistics/interval.hpp"

namespace graft::results::report {

// How a report says numbers.

// "0.9123", "-" for a missing one.
std::string number(double value, int digits = 4);
// "+0.0123", "-0.0045": with a sign.
std::string signed_number(double value, int digits = 4);
// "95 % interval 0.0123 to 0.0456, 5 pairs"; "one pair, so no interval"
std::string interval_text(const statistics::Interval& interval, std::string_view what,
                          int digits = 4);
// "p = 0.012", "p < 0.001"
std::string p_text(double p);
// "1 trial", "5 trials"
std::string counted(std::int64_t count, std::string_view what);
// "test AUC", "validation AUC", "test accuracy"
std::string_view text_of(findings::Metric metric);
// "Test AUC": with a capital, where it begins a title.
std::string capital(std::string_view text);
// "1e-4"
std::string rate_text(double rate);

}  // namespace graft::results::report
