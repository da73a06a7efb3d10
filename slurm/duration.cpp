// SPDX-License-Identifier: Apache-2.0
#include "slurm/duration.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"

namespace graft::slurm {

namespace {

constexpr std::int64_t kMinute = 60, kHour = 60 * kMinute, kDay = 24 * kHour;

// Digits only, and few enough of them for sums of days.
std::optional<std::int64_t> field(const std::string& text) {
    constexpr std::size_t longest = 9;
    const bool digits =
        !text.empty() && text.size() <= longest &&
        std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
    return digits ? core::parse_int(text) : std::nullopt;
}

// Seconds of fields with these units, of which the first ones may be all there are.
std::optional<std::int64_t> sum(const std::string& text, const std::vector<std::int64_t>& units) {
    const auto parts = core::split(text, ':');
    if (parts.size() > units.size()) {
        return std::nullopt;
    }
    std::int64_t seconds = 0;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const auto number = field(parts[i]);
        if (!number) {
            return std::nullopt;
        }
        seconds += *number * units[i];
    }
    return seconds;
}

}  // namespace

std::optional<std::int64_t> parse_duration(const std::string& text) {
    if (const auto dash = text.find('-'); dash != std::string::npos) {
        const auto days = field(text.substr(0, dash));
        const auto rest = sum(text.substr(dash + 1), {kHour, kMinute, 1});
        return days && rest ? std::optional(*days * kDay + *rest) : std::nullopt;
    }
    const bool hours = std::count(text.begin(), text.end(), ':') == 2;
    return hours ? sum(text, {kHour, kMinute, 1}) : sum(text, {kMinute, 1});
}

std::string duration_text(std::int64_t seconds) {
    const std::string clock = fmt::format("{:02}:{:02}:{:02}", seconds % kDay / kHour,
                                          seconds % kHour / kMinute, seconds % kMinute);
    return seconds >= kDay ? fmt::format("{}-{}", seconds / kDay, clock) : clock;
}

}  // namespace graft::slurm
