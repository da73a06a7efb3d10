// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/weighted_auc.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <stdexcept>

namespace graft::results::statistics {

namespace {

// Places of the scores, none of them NaN, from the lowest to the highest. Sorted as whole numbers
// that hold both: a float's bits in the order of its values, then its place.
std::vector<std::uint32_t> by_score(std::span<const float> scores) {
    std::vector<std::uint64_t> keys;
    keys.reserve(scores.size());
    for (std::uint32_t i = 0; i < scores.size(); ++i) {
        const auto bits = std::bit_cast<std::uint32_t>(scores[i]);
        const std::uint32_t sign = std::uint32_t{1} << 31;
        const std::uint32_t rising = (bits & sign) != 0 ? ~bits : bits | sign;
        keys.push_back(std::uint64_t{rising} << 32 | i);
    }
    std::sort(keys.begin(), keys.end());
    std::vector<std::uint32_t> order(keys.size());
    std::transform(keys.begin(), keys.end(), order.begin(),
                   [](std::uint64_t key) { return static_cast<std::uint32_t>(key); });
    return order;
}

}  // namespace

WeightedAuc::WeightedAuc(std::span<const float> scores, std::span<const std::uint8_t> positive,
                         std::size_t scores_per_image)
    : images_(scores.size() / scores_per_image) {
    if (scores.size() != positive.size()) {
        throw std::logic_error("scores and labels differ in number");
    }
    valid_ = std::none_of(scores.begin(), scores.end(), [](float s) { return std::isnan(s); });
    if (!valid_) {
        return;
    }
    const auto order = by_score(scores);
    entries_.reserve(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
        const bool last = i + 1 == order.size() || scores[order[i]] != scores[order[i + 1]];
        entries_.push_back({static_cast<std::uint32_t>(order[i] / scores_per_image),
                            positive[order[i]] != 0, last});
    }
}

WeightedAuc WeightedAuc::of_positives(std::span<const float> scores,
                                      std::span<const std::uint8_t> positive) {
    return {scores, positive, 1};
}

WeightedAuc WeightedAuc::micro(std::span<const float> scores, std::span<const std::int32_t> labels,
                               int classes) {
    const auto width = static_cast<std::size_t>(classes);
    std::vector<std::uint8_t> positive(labels.size() * width, 0);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        positive[i * width + static_cast<std::size_t>(labels[i])] = 1;
    }
    return {scores, positive, width};
}

WeightedAuc WeightedAuc::auc(std::span<const float> scores, std::span<const std::int32_t> labels,
                             int classes) {
    if (classes != 2) {
        return micro(scores, labels, classes);
    }
    std::vector<float> of_one;
    std::vector<std::uint8_t> positive;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        of_one.push_back(scores[2 * i + 1]);
        positive.push_back(labels[i] == 1);
    }
    return of_positives(of_one, positive);
}

namespace {

using Sets = std::array<std::uint32_t, WeightedAuc::kSets>;

double area_of(std::uint64_t twice_won, std::uint64_t positives, std::uint64_t negatives) {
    if (positives == 0 || negatives == 0) {
        return NAN;
    }
    return static_cast<double>(twice_won) / 2 / static_cast<double>(positives) /
           static_cast<double>(negatives);
}

void add(Sets& sum, const Sets& weights) {
    for (std::size_t k = 0; k < sum.size(); ++k) {
        sum[k] += weights[k];
    }
}

// Pairs (positive above negative) count 2, ties 1, as below; sums of weights stay below 2^31.
struct Walk {
    std::array<std::uint64_t, WeightedAuc::kSets> twice_won{};
    Sets positives{}, negatives{}, tied_positives{}, tied_negatives{};

    void lone_positive(const Sets& weights) {
        for (std::size_t k = 0; k < weights.size(); ++k) {
            twice_won[k] += std::uint64_t{weights[k]} * (2 * negatives[k]);
        }
        add(positives, weights);
    }
    void end_of_ties() {
        for (std::size_t k = 0; k < positives.size(); ++k) {
            twice_won[k] += std::uint64_t{tied_positives[k]} *
                            (2 * std::uint64_t{negatives[k]} + tied_negatives[k]);
        }
        add(positives, tied_positives);
        add(negatives, tied_negatives);
        tied_positives = tied_negatives = {};
    }
};

}  // namespace

std::array<double, WeightedAuc::kSets> WeightedAuc::of_sets(
    std::span<const std::int32_t> weights) const {
    if (weights.size() != images_ * kSets) {
        throw std::logic_error("eight weights per image are needed");
    }
    Walk walk;
    bool alone = true;  // no set of ties is open
    for (const Entry& entry : entries_) {
        Sets own;
        std::memcpy(own.data(), &weights[entry.image * kSets], sizeof own);
        if (alone && entry.last) {
            entry.positive ? walk.lone_positive(own) : add(walk.negatives, own);
            continue;
        }
        add(entry.positive ? walk.tied_positives : walk.tied_negatives, own);
        if (entry.last) {
            walk.end_of_ties();
        }
        alone = entry.last;
    }
    std::array<double, kSets> areas{};
    for (std::size_t k = 0; k < kSets; ++k) {
        areas[k] = valid_ ? area_of(walk.twice_won[k], walk.positives[k], walk.negatives[k]) : NAN;
    }
    return areas;
}

double WeightedAuc::operator()(std::span<const std::int32_t> weights) const {
    if (weights.size() != images_) {
        throw std::logic_error("one weight per image is needed");
    }
    // Pairs (positive above negative) count 2, ties 1: whole numbers, so the sum is exact.
    std::uint64_t twice_won = 0, positives = 0, negatives = 0;
    std::uint64_t tied_positives = 0, tied = 0;
    for (const Entry& entry : entries_) {
        const auto weight = static_cast<std::uint64_t>(weights[entry.image]);
        tied += weight;
        tied_positives += entry.positive ? weight : 0;
        if (entry.last) {
            const std::uint64_t tied_negatives = tied - tied_positives;
            twice_won += tied_positives * (2 * negatives + tied_negatives);
            positives += tied_positives;
            negatives += tied_negatives;
            tied_positives = tied = 0;
        }
    }
    return valid_ ? area_of(twice_won, positives, negatives) : NAN;
}

}  // namespace graft::results::statistics
