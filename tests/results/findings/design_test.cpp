// SPDX-License-Identifier: Apache-2.0
#include "results/findings/design.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::findings {

using tests::planned;
using tests::RecordBuilder;

namespace {

sweep::PlannedTrial with(sweep::PlannedTrial trial, double learning_rate, double transfer = 100) {
    trial.spec.edit().training.learning_rate = learning_rate;
    trial.spec.edit().training.transfer = transfer;
    return trial;
}

}  // namespace

TEST_CASE("trials are ordered by network and dataset, arm, learning rate and replicate") {
    RecordBuilder builder;
    for (const std::int64_t seed : {2, 1}) {
        for (const double rate : {1e-3, 1e-4}) {
            builder.finish(
                builder.plan(with(planned("mobilenet", "retina", "imagenet", seed, 50), rate)), 0.8,
                0.7);
            builder.finish(builder.plan(with(planned("mobilenet", "retina", "random", seed), rate)),
                           0.7, 0.6);
        }
    }
    builder.finish(builder.plan(planned("small_cnn", "retina", "random", 1)), 0.7, 0.6);
    const auto contexts = contexts_of(builder.record());
    REQUIRE(contexts.size() == 2);
    CHECK(text_of(contexts[0]) == "mobilenet on retina");
    CHECK(contexts[1].network == "small_cnn");
    REQUIRE(contexts[0].cells.size() == 4);
    CHECK(contexts[0].arms() == std::vector<Arm>{kRandom, {"imagenet", 50, 100}});
    CHECK(contexts[0].rates(kRandom) == std::vector<double>{1e-4, 1e-3});
    const Cell* cell = contexts[0].find({"imagenet", 50, 100}, 1e-3);
    REQUIRE(cell);
    REQUIRE(cell->runs.size() == 2);
    CHECK(cell->runs[0].replicate.seed == 1);
    CHECK(value_of(cell->runs[0], Metric::test_auc) == 0.7);
    CHECK(value_of(cell->runs[0], Metric::val_auc) == 0.8);
    CHECK_FALSE(contexts[0].has({"mean_var", 0, 100}));
}

TEST_CASE("trials that differ in another setting are another context, named by it") {
    RecordBuilder builder;
    for (const double dropout : {0.2, 0.5}) {
        auto trial = planned("mobilenet", "retina", "random", 1);
        trial.spec.edit().training.dropout = dropout;
        builder.finish(builder.plan(trial), 0.8, 0.7);
    }
    const auto contexts = contexts_of(builder.record());
    REQUIRE(contexts.size() == 2);
    CHECK(text_of(contexts[0]) == "mobilenet on retina (dropout 0.2)");
    CHECK(text_of(contexts[1]) == "mobilenet on retina (dropout 0.5)");
    CHECK(datasets_of(contexts) == std::vector<std::string>{"retina"});
}

TEST_CASE("a replicate is a division and a seed") {
    RecordBuilder builder;
    for (const std::int64_t split : {1, 2}) {
        auto trial = planned("mobilenet", "retina@" + std::to_string(split), "random", 5);
        trial.spec.edit().dataset_fingerprint += std::to_string(split);
        builder.finish(builder.plan(trial), 0.8, 0.7);
    }
    const auto contexts = contexts_of(builder.record());
    REQUIRE(contexts.size() == 1);
    CHECK(contexts[0].dataset == "retina");
    REQUIRE(contexts[0].cells[0].runs.size() == 2);
    CHECK(contexts[0].cells[0].runs[1].replicate == Replicate{2, 5});
}

TEST_CASE(
    "what has no result is counted, what diverged late has one, what is left out is not seen") {
    RecordBuilder builder;
    builder.diverge(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.6);
    builder.diverge(builder.plan(planned("mobilenet", "retina", "random", 2)), NAN);
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 3)), "out of memory");
    builder.plan(planned("mobilenet", "retina", "random", 4));
    const auto left = builder.plan(planned("mobilenet", "retina", "random", 5));
    builder.finish(left, 0.8, 0.7);
    builder.leave_out(left);
    const auto contexts = contexts_of(builder.record());
    REQUIRE(contexts.size() == 1);
    const Cell& cell = contexts[0].cells.front();
    CHECK(cell.runs.size() == 1);
    CHECK(cell.diverged == 1);
    CHECK(cell.failed == 2);
    CHECK(cell.unfinished == 1);
}

TEST_CASE("an arm says how it started and what was frozen") {
    CHECK(text_of(kRandom) == "random");
    CHECK(text_of(Arm{"imagenet", 50, 100}) == "imagenet, 50 % frozen");
    CHECK(text_of(Arm{"imagenet", 0, 50}) == "imagenet, 50 % transferred");
    CHECK(text_of(Arm{"/data/pretrained.h5", 0, 100}) == "../pretrained.h5");
}

TEST_CASE("an empty record has nothing to compare") {
    CHECK(contexts_of(sweep::Record()).empty());
}

namespace {

// Two seeds on the folds named, of five.
RecordBuilder on_folds(const std::vector<std::int32_t>& folds, double train_fraction = 1) {
    RecordBuilder builder;
    for (std::int64_t seed = 1; seed <= 2; ++seed) {
        for (const auto fold : folds) {
            auto trial = planned("mobilenet", "retina", "random", seed);
            trial.spec.edit().fold = {fold, 5, 0};
            trial.spec.edit().training.train_fraction = train_fraction;
            builder.finish(builder.plan(trial), 0.8, 0.7 + 0.01 * fold);
        }
    }
    return builder;
}

}  // namespace

TEST_CASE("runs on several folds overlap, on few training images no more than on all") {
    const auto several = on_folds({1, 2, 3}), one = on_folds({2});
    const auto contexts = contexts_of(several.record());
    REQUIRE(contexts.size() == 1);
    REQUIRE(contexts[0].cells.size() == 1);
    CHECK(contexts[0].cells[0].runs.size() == 6);
    CHECK(overlap_of(contexts[0].cells[0].runs).ratio == 9.0 / 32);
    const auto few = on_folds({1, 2, 3}, 0.1);
    CHECK(overlap_of(contexts_of(few.record())[0].cells[0].runs).ratio == 9.0 / 32);
    // Seeds on one fold differ in their seeds alone, as without folds.
    CHECK(overlap_of(contexts_of(one.record())[0].cells[0].runs).ratio == 0);
    CHECK(overlap_of(std::vector<Run>{}).ratio == 0);
}

TEST_CASE("the folds of a setting are told apart by seed, and a run knows its others") {
    const auto builder = on_folds({3, 1, 2});
    const auto contexts = contexts_of(builder.record());
    const auto sets = fold_sets(contexts[0].cells[0]);
    REQUIRE(sets.size() == 2);
    CHECK(sets[1].seed == 2);
    CHECK(sets[1].of == 5);
    REQUIRE(sets[1].runs.size() == 3);
    CHECK(sets[1].runs[0]->replicate.fold == 1);
    const auto others = other_folds(contexts[0], *sets[1].runs[1]);
    REQUIRE(others.size() == 2);
    CHECK(others[0] == sets[1].runs[0]);
    CHECK(others[1] == sets[1].runs[2]);
}

TEST_CASE(
    "folds of another division are a set of their own, and other numbers of folds a context") {
    RecordBuilder builder;
    const auto finish = [&](const std::string& dataset, std::int32_t fold, std::int32_t of) {
        auto trial = planned("mobilenet", dataset, "random", 1);
        trial.spec.edit().fold = {fold, of, 0};
        builder.finish(builder.plan(trial), 0.8, 0.7);
    };
    for (const std::int32_t fold : {1, 2}) {
        finish("retina@1", fold, 2);
        finish("retina@2", fold, 2);
    }
    finish("retina@1", 1, 5);
    const auto contexts = contexts_of(builder.record());
    REQUIRE(contexts.size() == 2);
    CHECK(text_of(contexts[0]) == "mobilenet on retina (folds 2)");
    CHECK(text_of(contexts[1]) == "mobilenet on retina (folds 5)");
    const auto sets = fold_sets(contexts[0].cells[0]);
    REQUIRE(sets.size() == 2);
    CHECK(sets[0].split_seed == 1);
    CHECK(sets[1].split_seed == 2);
    CHECK(sets[1].runs.size() == 2);
}

}  // namespace graft::results::findings
