// SPDX-License-Identifier: Apache-2.0
#include "results/report/words.hpp"

#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"

namespace graft::results::report {

std::string number(double value, int digits) {
    return std::isnan(value) ? "-" : fmt::format("{:.{}f}", value, digits);
}

std::string signed_number(double value, int digits) {
    if (std::isnan(value)) {
        return "-";
    }
    const auto text = fmt::format("{:+.{}f}", value, digits);
    const bool is_zero = text.find_first_not_of("-+0.") == std::string::npos;
    return is_zero ? text.substr(1) : text;
}

std::string interval_text(const statistics::Interval& interval, std::string_view what, int digits) {
    if (interval.known()) {
        return fmt::format("95 % interval {} to {}, {}", number(interval.low, digits),
                           number(interval.high, digits), counted(interval.n, what));
    }
    return interval.n == 1
               ? fmt::format("one {}, so no interval", what)
               : fmt::format("{} without any spread, so no interval", counted(interval.n, what));
}

std::string p_text(double p) {
    if (std::isnan(p)) {
        return "no p value";
    }
    return p < 0.001 ? "p < 0.001" : fmt::format("p = {}", number(p, 3));
}

std::string counted(std::int64_t count, std::string_view what) {
    return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string_view text_of(findings::Metric metric) {
    switch (metric) {
        case findings::Metric::test_auc:
            return "test AUC";
        case findings::Metric::test_auc_micro:
            return "test micro AUC";
        case findings::Metric::test_auc_macro:
            return "test macro AUC";
        case findings::Metric::test_accuracy:
            return "test accuracy";
        case findings::Metric::val_auc:
            return "validation AUC";
    }
    return "";
}

std::string capital(std::string_view text) {
    std::string result(text);
    if (!result.empty() && result.front() >= 'a' && result.front() <= 'z') {
        result.front() = static_cast<char>(result.front() - 'a' + 'A');
    }
    return result;
}

std::string rate_text(double rate) {
    if (!(rate > 0 && rate < 0.01)) {
        return core::shortest(rate);
    }
    const int exponent = static_cast<int>(std::floor(std::log10(rate) + 1e-9));
    return fmt::format("{:g}e{}", rate / std::pow(10, exponent), exponent);
}

}  // namespace graft::results::report
