// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <numbers>

#include "results/statistics/paired.hpp"

namespace graft::results::statistics {

namespace {

// Counts of 2^50 sign patterns are exact in a double.
constexpr std::size_t kExactUpTo = 50;

struct SignedRanks {
    std::vector<std::int64_t> twice_ranks;  // of the absolute values; mid-ranks may be halves
    std::int64_t twice_positive = 0;        // sum over the positive differences
    double ties = 0;                        // sum of t^3 - t over sets of t tied values
};

SignedRanks signed_ranks(std::vector<double> differences) {
    std::sort(differences.begin(), differences.end(),
              [](double a, double b) { return std::abs(a) < std::abs(b); });
    SignedRanks ranks;
    for (std::size_t start = 0; start < differences.size();) {
        std::size_t stop = start;
        std::int64_t positives = 0;
        while (stop < differences.size() &&
               std::abs(differences[stop]) == std::abs(differences[start])) {
            positives += differences[stop] > 0;
            ++stop;
        }
        const auto twice = static_cast<std::int64_t>(start + 1 + stop);
        const auto tied = static_cast<double>(stop - start);
        ranks.twice_ranks.insert(ranks.twice_ranks.end(), stop - start, twice);
        ranks.twice_positive += positives * twice;
        ranks.ties += tied * tied * tied - tied;
        start = stop;
    }
    return ranks;
}

double exact(const SignedRanks& ranks) {
    std::int64_t total = 0;
    for (const auto rank : ranks.twice_ranks) {
        total += rank;
    }
    // ways[s]: sign patterns whose positive (twice) ranks add up to s.
    std::vector<double> ways(static_cast<std::size_t>(total) + 1, 0);
    ways[0] = 1;
    for (const auto rank : ranks.twice_ranks) {
        for (std::int64_t sum = total; sum >= rank; --sum) {
            ways[static_cast<std::size_t>(sum)] += ways[static_cast<std::size_t>(sum - rank)];
        }
    }
    // The distribution is symmetric about total / 2.
    const std::int64_t tail = std::min(ranks.twice_positive, total - ranks.twice_positive);
    double patterns = 0;
    for (std::int64_t sum = 0; sum <= tail; ++sum) {
        patterns += ways[static_cast<std::size_t>(sum)];
    }
    return std::min(1.0,
                    2 * patterns * std::pow(2, -static_cast<double>(ranks.twice_ranks.size())));
}

double approximate(const SignedRanks& ranks) {
    const auto n = static_cast<double>(ranks.twice_ranks.size());
    const double mean = n * (n + 1) / 4;
    const double variance = (n * (n + 1) * (2 * n + 1) - ranks.ties / 2) / 24;
    const double z = (static_cast<double>(ranks.twice_positive) / 2 - mean) / std::sqrt(variance);
    return std::erfc(std::abs(z) / std::numbers::sqrt2);
}

}  // namespace

double wilcoxon_signed_rank(std::span<const double> differences) {
    std::vector<double> others;
    bool any = false;
    for (const double difference : differences) {
        any = any || !std::isnan(difference);
        if (!std::isnan(difference) && difference != 0) {
            others.push_back(difference);
        }
    }
    if (others.empty()) {
        return any ? 1 : NAN;
    }
    const auto ranks = signed_ranks(std::move(others));
    return ranks.twice_ranks.size() <= kExactUpTo ? exact(ranks) : approximate(ranks);
}

}  // namespace graft::results::statistics
