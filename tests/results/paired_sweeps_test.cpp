// SPDX-License-Identifier: Apache-2.0
#include "results/paired_sweeps.hpp"

#include <cmath>

#include "core/error.hpp"

#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

// Two inits with three seeds; test AUCs are `start`, a hundredth more for each next trial.
Table sweep_with(double rate, double start) {
    RecordBuilder builder;
    for (const char* init : {"random", "imagenet"}) {
        for (std::int64_t seed = 1; seed <= 3; ++seed) {
            auto trial = planned("mobilenet", "retina", init, seed);
            trial.spec.edit().training.learning_rate = rate;
            builder.finish(builder.plan(trial), 0.9, start);
            start += 0.01 * static_cast<double>(seed);
        }
    }
    auto waiting = planned("mobilenet", "retina", "random", 4);
    waiting.spec.edit().training.learning_rate = rate;
    builder.plan(waiting);
    return trials_table(builder.record());
}

PairQuestion question() {
    PairQuestion asked;
    asked.values = {"test_auc"};
    return asked;
}

double number(const Table& table, const char* column, std::size_t row) {
    return table.at(column).number(row);
}

}  // namespace

TEST_CASE("differences are second less first, arm by arm, over the pairs that have numbers") {
    const Table first = sweep_with(0.1, 0.5), second = sweep_with(0.2, 0.7);
    const auto answer = compare({"fast", first}, {"slow", second}, question());
    const Table& table = answer.differences;
    REQUIRE(table.rows() == 2);
    for (const std::size_t row : {0, 1}) {
        CHECK(number(table, "n", row) == 3);
        CHECK(number(table, "test_auc_difference_mean", row) == Approx(0.2));
        // Equal differences have no spread to judge by: no interval, and the p of their signs.
        CHECK(std::isnan(number(table, "test_auc_difference_low", row)));
        CHECK(number(table, "test_auc_p_holm", row) == Approx(0.5));
    }
    CHECK(number(table, "test_auc_first", 0) == Approx((0.5 + 0.51 + 0.53) / 3));
    CHECK(answer.notes.front() ==
          "First: fast. Second: slow. 7 pairs with equal settings, but for learning_rate (0.1; "
          "0.2).");
    CHECK_THAT(answer.notes.back(), ContainsSubstring("1 pair has no test_auc on both sides"));
    CHECK(answer.unpaired.rows() == 0);
}

TEST_CASE("a group of several arms counts each seed once, with the mean over its arms") {
    const Table first = sweep_with(0.1, 0.5), second = sweep_with(0.2, 0.7);
    auto asked = question();
    asked.group_by = {"network"};
    const Table table = compare({"a", first}, {"b", second}, asked).differences;
    REQUIRE(table.rows() == 1);
    CHECK(number(table, "n", 0) == 3);
    CHECK(number(table, "pairs", 0) == 6);
}

TEST_CASE("two arms of one sweep are compared, a trial with itself is not") {
    const Table trials = sweep_with(0.1, 0.5);
    auto asked = question();
    CHECK_THROWS_WITH(compare({"a", trials}, {"a", trials}, asked),
                      ContainsSubstring("7 trials of 'a' would be compared with themselves"));
    asked.where_first = {parse_filter("init=random")};
    asked.where_second = {parse_filter("init=imagenet")};
    const auto answer = compare({"a", trials}, {"a", trials}, asked);
    REQUIRE(answer.differences.rows() == 1);
    CHECK(answer.differences.find("init") == nullptr);
    CHECK(number(answer.differences, "test_auc_difference_mean", 0) == Approx(0.06));
    REQUIRE(answer.unpaired.rows() == 1);
    CHECK(text_of(answer.unpaired.at("seeds").at(0)) == "4");
    CHECK(text_of(answer.unpaired_trials.at("state").at(0)) == "waiting");
}

TEST_CASE("what cannot be compared is said") {
    const Table trials = sweep_with(0.1, 0.5);
    auto asked = question();
    asked.values = {"init"};
    CHECK_THROWS_WITH(compare({"a", trials}, {"b", sweep_with(0.2, 0.7)}, asked),
                      ContainsSubstring("cannot compare column 'init'"));
    asked = question();
    asked.where = {parse_filter("network=mobilnet")};
    CHECK_THROWS_WITH(compare({"a", trials}, {"b", trials}, asked),
                      ContainsSubstring("no trial of 'a' passes the filters (") &&
                          ContainsSubstring("mobilenet"));
}

namespace {

Table on_folds(double rate, const std::vector<double>& test_aucs, std::int32_t folds) {
    RecordBuilder builder;
    for (std::int32_t fold = 1; fold <= folds; ++fold) {
        auto trial = planned("mobilenet", "retina", "random", 1);
        trial.spec.edit().training.learning_rate = rate;
        trial.spec.edit().fold = {fold, folds, 0};
        builder.finish(builder.plan(trial), 0.9, test_aucs[static_cast<std::size_t>(fold) - 1]);
    }
    return trials_table(builder.record());
}

}  // namespace

TEST_CASE("sides on folds are paired fold by fold, by the corrected resampled t test") {
    const Table first = on_folds(0.1, {0.70, 0.72, 0.74, 0.71}, 4);
    const Table second = on_folds(0.2, {0.75, 0.73, 0.78, 0.73}, 4);
    const auto answer = compare({"fast", first}, {"slow", second}, question());
    const Table& table = answer.differences;
    REQUIRE(table.rows() == 1);
    CHECK(number(table, "n", 0) == 4);
    CHECK(number(table, "test_auc_difference_mean", 0) == Approx(0.03));
    // sd 0.0182574, t(0.975, 3) = 3.182446, sqrt(1/4 + 9/24) = 0.7905694
    CHECK(number(table, "test_auc_difference_high", 0) ==
          Approx(0.03 + 3.182446 * 0.0182574 * 0.7905694));
    CHECK(answer.notes.at(3).find("no independent replicates") != std::string::npos);
}

TEST_CASE("sides on other folds are not paired, and it is said why") {
    const Table four = on_folds(0.1, {0.70, 0.72, 0.74, 0.71}, 4);
    const Table two = on_folds(0.1, {0.75, 0.73}, 2);
    CHECK_THROWS_WITH(compare({"four", four}, {"two", two}, question()),
                      ContainsSubstring("folds 4, fold 1, 2, 3, 4") &&
                          ContainsSubstring("other folds are tested on other images"));
    auto asked = question();
    asked.but = std::vector<std::string>{"folds", "fold"};
    CHECK_THROWS_WITH(compare({"four", four}, {"two", two}, asked),
                      ContainsSubstring("other folds are tested on other images") &&
                          ContainsSubstring("--group-by folds,fold."));
    const Table none = sweep_with(0.1, 0.5);
    CHECK_THROWS_WITH(compare({"four", four}, {"none", none}, question()),
                      ContainsSubstring("have no partners in 'none' (folds 0, fold 0)"));
}

}  // namespace graft::results
