// SPDX-License-Identifier: Apache-2.0
#include "results/comparison.hpp"

#include <cmath>
#include <limits>

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

namespace {

// A finished trial, to be changed by the test.
sweep::Trial finished() {
    tests::RecordBuilder builder;
    builder.finish(builder.plan(tests::planned()), 0.8, 0.7);
    return builder.record().trials().front();
}

}  // namespace

TEST_CASE("a trial trained again is equal, whatever time and attempts it took") {
    const auto recorded = finished();
    auto again = recorded;
    again.rows[0].seconds = 99;
    again.rows[1].images_per_second = 1;
    again.seconds = 1000;
    again.attempts.push_back(again.attempts.front());
    const auto comparison = compare(recorded, again);
    CHECK(comparison.count == 0);
    CHECK_FALSE(comparison.first);
}

TEST_CASE("the first and the largest difference of a trial are told apart") {
    const auto recorded = finished();
    auto again = recorded;
    again.rows[0].train_loss = std::nextafter(again.rows[0].train_loss, 2.0);
    again.rows[1].validation.auc += 0.25;
    std::get<sweep::Done>(again.state).result.weights.hash = "another";
    const auto comparison = compare(recorded, again);
    CHECK(comparison.count == 3);
    REQUIRE(comparison.first);
    CHECK(comparison.first->where == "epoch 1, train_loss");
    CHECK(text_of(comparison.first->recorded) == "1");
    CHECK(text_of(comparison.first->again) == "1.0000000000000002");
    REQUIRE(comparison.largest);
    CHECK(comparison.largest->where == "epoch 2, val_auc");
}

TEST_CASE("one bit, a missing row, a result or a file that differs is seen") {
    const auto recorded = finished();
    const auto first_of = [&](auto change) {
        auto again = recorded;
        change(again, std::get<sweep::Done>(again.state).result);
        const auto found = compare(recorded, again).first;
        return found ? found->where : std::string("equal");
    };
    using sweep::Trial;
    using sweep::TrialResult;
    CHECK(first_of([](Trial& t, TrialResult&) { t.rows[0].train_accuracy = -0.0; }) ==
          "epoch 1, train_accuracy");
    CHECK(first_of([](Trial& t, TrialResult&) { t.rows[1].step += 1; }) == "epoch 2, step");
    CHECK(first_of([](Trial& t, TrialResult&) { t.rows.pop_back(); }) == "number of epochs");
    CHECK(first_of([](Trial&, TrialResult& r) { r.test.auc_macro = 0; }) ==
          "result, test_auc_macro");
    CHECK(first_of([](Trial&, TrialResult& r) { r.best->epoch = 1; }) == "best epoch");
    CHECK(first_of([](Trial&, TrialResult& r) { r.best->validation.loss = NAN; }) ==
          "result, val_loss");
    CHECK(first_of([](Trial&, TrialResult& r) { r.diverged_epoch = 2; }) == "result");
    CHECK(first_of([](Trial&, TrialResult& r) { r.weights.hash = "x"; }) == "best.h5");
    CHECK(first_of([](Trial&, TrialResult& r) { r.predictions.hash = "x"; }) == "predictions.h5");
}

TEST_CASE("a number that is missing on both sides is the same") {
    auto recorded = finished();
    recorded.rows[0].validation.auc_macro = NAN;
    auto again = recorded;
    again.rows[0].validation.auc_macro = -std::numeric_limits<double>::quiet_NaN();
    CHECK(compare(recorded, again).count == 0);
    again.rows[0].validation.auc_macro = 0.5;
    const auto comparison = compare(recorded, again);
    REQUIRE(comparison.largest);
    CHECK(comparison.largest->where == "epoch 1, val_auc_macro");
}

TEST_CASE("tables differ in columns, rows or cells") {
    const Table wanted{"t", {{"a", Integers{1, 2}}, {"b", Numbers{0.5, NAN}}}};
    CHECK_FALSE(shape_difference(wanted, wanted));
    CHECK(differences(wanted, wanted, 10).empty());
    const Table shorter{"t", {{"a", Integers{1}}, {"b", Numbers{0.5}}}};
    CHECK(shape_difference(wanted, shorter) == "it has 1 rows instead of 2");
    const Table named{"t", {{"a", Integers{1, 2}}, {"c", Numbers{0.5, NAN}}}};
    CHECK(shape_difference(wanted, named) == "it has other columns");
    const Table other{"t", {{"a", Integers{1, 3}}, {"b", Numbers{0.25, NAN}}}};
    const auto found = differences(wanted, other, 10);
    REQUIRE(found.size() == 2);
    CHECK(found[0].column == "b");
    CHECK(found[1].row == 1);
    CHECK(differences(wanted, other, 1).size() == 1);
}

}  // namespace graft::results
