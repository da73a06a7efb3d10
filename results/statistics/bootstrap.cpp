// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/bootstrap.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <string_view>

#include "core/random.hpp"

namespace graft::results::statistics {

GroupBootstrap::GroupBootstrap(std::span<const std::string> groups, std::string key)
    : key_(std::move(key)), group_of_image_(groups.size()) {
    // Numbered by their sorted names, whatever the order of the images.
    std::map<std::string_view, std::uint32_t> numbers;
    for (const auto& group : groups) {
        if (!group.empty()) {
            numbers.emplace(group, 0);
        }
    }
    std::uint32_t next = 0;
    for (auto& [name, number] : numbers) {
        number = next++;
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        group_of_image_[i] = groups[i].empty() ? next++ : numbers.at(groups[i]);
    }
    groups_ = next;
}

void GroupBootstrap::draw(std::uint64_t replicate, std::span<std::int32_t> weights) const {
    if (weights.size() != images()) {
        throw std::logic_error("one weight per image is needed");
    }
    core::RandomStream stream("bootstrap/" + key_, replicate);
    std::vector<std::int32_t> times(groups_, 0);
    for (std::size_t i = 0; i < groups_; ++i) {
        ++times[stream.below(groups_)];
    }
    for (std::size_t i = 0; i < weights.size(); ++i) {
        weights[i] = times[group_of_image_[i]];
    }
}

namespace {

double percentile(const std::vector<double>& sorted, double share) {
    const double place = share * static_cast<double>(sorted.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, sorted.size() - 1);
    return std::lerp(sorted[below], sorted[above], place - static_cast<double>(below));
}

}  // namespace

Interval percentile_interval(std::span<const double> values, double estimate, double confidence) {
    std::vector<double> sorted;
    for (const double value : values) {
        if (!std::isnan(value)) {
            sorted.push_back(value);
        }
    }
    Interval interval{estimate, NAN, NAN, static_cast<std::int64_t>(sorted.size())};
    if (sorted.size() < 100 || 20 * (values.size() - sorted.size()) > values.size()) {
        return interval;
    }
    std::sort(sorted.begin(), sorted.end());
    interval.low = percentile(sorted, (1 - confidence) / 2);
    interval.high = percentile(sorted, 1 - (1 - confidence) / 2);
    return interval;
}

}  // namespace graft::results::statistics
