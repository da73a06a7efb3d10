// SPDX-License-Identifier: Apache-2.0
#include "results/statistics/weighted_auc.hpp"

#include <cmath>

#include "core/random.hpp"

#include "sweep/metrics.hpp"

#include "support/catch.hpp"

namespace graft::results::statistics {

namespace {

// Scores on a coarse grid, so that many are tied.
struct Made {
    Made(std::size_t images, int classes, std::uint64_t seed) {
        core::RandomStream stream("test", seed);
        for (std::size_t i = 0; i < images; ++i) {
            labels.push_back(
                static_cast<std::int32_t>(stream.below(static_cast<std::uint64_t>(classes))));
            for (int c = 0; c < classes; ++c) {
                scores.push_back(static_cast<float>(stream.below(12)) / 12);
            }
            weights.push_back(static_cast<std::int32_t>(stream.below(4)));
        }
    }
    std::vector<float> scores;
    std::vector<std::int32_t> labels, weights;
};

// Each image as many times as its weight says.
Made repeated(const Made& made, std::size_t classes) {
    Made result(0, 2, 0);
    for (std::size_t i = 0; i < made.labels.size(); ++i) {
        for (std::int32_t k = 0; k < made.weights[i]; ++k) {
            result.labels.push_back(made.labels[i]);
            const auto row = made.scores.begin() + static_cast<std::ptrdiff_t>(i * classes);
            result.scores.insert(result.scores.end(), row,
                                 row + static_cast<std::ptrdiff_t>(classes));
        }
    }
    return result;
}

}  // namespace

TEST_CASE("with all weights 1 it is the AUC of the tables, to the bit") {
    for (const int classes : {2, 5}) {
        const Made made(300, classes, 1);
        const std::vector<std::int32_t> ones(300, 1);
        const auto metrics = sweep::evaluate(made.scores, made.labels, classes);
        CHECK(WeightedAuc::auc(made.scores, made.labels, classes)(ones) == metrics.auc);
        CHECK(WeightedAuc::micro(made.scores, made.labels, classes)(ones) == metrics.auc_micro);
    }
}

TEST_CASE("a weight counts as that many copies of the image, to the bit") {
    for (const int classes : {2, 3}) {
        const Made made(200, classes, 2);
        const Made copies = repeated(made, static_cast<std::size_t>(classes));
        CHECK(WeightedAuc::auc(made.scores, made.labels, classes)(made.weights) ==
              sweep::evaluate(copies.scores, copies.labels, classes).auc);
        CHECK(WeightedAuc::micro(made.scores, made.labels, classes)(made.weights) ==
              sweep::auc_micro(copies.scores, copies.labels, classes));
    }
}

TEST_CASE("a draw without positives or negatives has no AUC, nor have scores that are no numbers") {
    const std::vector<float> scores{0.1F, 0.5F, 0.9F};
    const std::vector<std::uint8_t> positive{0, 1, 1};
    const auto auc = WeightedAuc::of_positives(scores, positive);
    CHECK(auc(std::vector<std::int32_t>{1, 1, 1}) == 1);
    CHECK(std::isnan(auc(std::vector<std::int32_t>{0, 1, 2})));
    CHECK(std::isnan(auc(std::vector<std::int32_t>{3, 0, 0})));
    CHECK_THROWS_AS(auc(std::vector<std::int32_t>{1, 1}), std::logic_error);
    const auto broken = WeightedAuc::of_positives(std::vector<float>{0.1F, NAN, 0.9F}, positive);
    CHECK(std::isnan(broken(std::vector<std::int32_t>{1, 1, 1})));
}

TEST_CASE("eight sets at once are each one alone, to the bit") {
    for (const int classes : {2, 5}) {
        for (const bool tied : {true, false}) {
            Made made(200, classes, 7);
            core::RandomStream stream("test/sets", 1);
            for (float& score : made.scores) {
                score = tied ? score : stream.uniform();
            }
            const auto auc = WeightedAuc::auc(made.scores, made.labels, classes);
            std::vector<std::int32_t> sets(200 * WeightedAuc::kSets);
            for (auto& weight : sets) {
                weight = static_cast<std::int32_t>(stream.below(5));
            }
            for (std::size_t image = 0; image < 200; ++image) {
                sets[image * WeightedAuc::kSets] = 0;  // the first set is empty
            }
            const auto areas = auc.of_sets(sets);
            CHECK(std::isnan(areas[0]));
            for (std::size_t set = 1; set < WeightedAuc::kSets; ++set) {
                std::vector<std::int32_t> weights;
                for (std::size_t image = 0; image < 200; ++image) {
                    weights.push_back(sets[image * WeightedAuc::kSets + set]);
                }
                CHECK(areas[set] == auc(weights));
            }
        }
    }
}

TEST_CASE("scores of any sign are in order, and both zeros are tied") {
    const std::vector<float> scores{-2, -1, -0.0F, 0.0F, 1, INFINITY};
    const std::vector<std::uint8_t> positive{0, 0, 0, 1, 1, 1};
    const std::vector<std::int32_t> ones(6, 1);
    CHECK(WeightedAuc::of_positives(scores, positive)(ones) == sweep::roc_auc(scores, positive));
    CHECK(sweep::roc_auc(scores, positive) < 1);
}

}  // namespace graft::results::statistics
