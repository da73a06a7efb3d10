// SPDX-License-Identifier: Apache-2.0
#include "results/group.hpp"

#include <algorithm>

#include "core/error.hpp"

#include "results/query.hpp"
#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

std::string cell(const Answer& answer, const char* column, std::size_t row) {
    return text_of(answer.table.at(column).at(row));
}

}  // namespace

TEST_CASE("means over folds have the wider interval, and a note why") {
    RecordBuilder builder;
    for (std::int32_t fold = 1; fold <= 4; ++fold) {
        auto trial = planned("mobilenet", "retina", "random", 1);
        trial.spec.edit().fold = {fold, 4, 0};
        builder.finish(builder.plan(trial), 0.8, 0.7 + 0.01 * fold);
    }
    const auto found = [&](const std::vector<std::string>& by) {
        Query query;
        query.group_by = by;
        return answer(builder.record(), query);
    };
    const Answer whole = found({});
    REQUIRE(whole.table.rows() == 1);
    CHECK(cell(whole, "n", 0) == "4");
    // Mean 0.725, sd 0.0129099, t(0.975, 3) = 3.182446, sqrt(1/4 + 9/24) = 0.7905694
    CHECK(whole.table.at("test_auc_high").number(0) ==
          Approx(0.725 + 3.182446 * 0.0129099 * 0.7905694));
    const auto noted = [](const Answer& result) {
        return std::any_of(result.notes.begin(), result.notes.end(), [](const auto& note) {
            return note.find("no independent replicates") != std::string::npos;
        });
    };
    CHECK(noted(whole));
    const Answer each = found({"fold"});
    REQUIRE(each.table.rows() == 4);
    CHECK(cell(each, "fold", 2) == "3");
    CHECK_FALSE(noted(each));
    Query list;
    list.list = true;
    CHECK(answer(builder.record(), list).table.find("fold"));
    RecordBuilder without;
    without.finish(without.plan(planned()), 0.8, 0.7);
    CHECK_FALSE(answer(without.record(), list).table.find("fold"));
}

TEST_CASE("rows overlap where they lie on several folds, by the fewest that a dataset has") {
    RecordBuilder builder;
    for (const auto& fold :
         {sweep::Fold{}, sweep::Fold{1, 5, 0}, sweep::Fold{2, 5, 0}, sweep::Fold{2, 3, 0}}) {
        auto trial = planned("mobilenet", "retina", "random", 1);
        trial.spec.edit().fold = fold;
        builder.finish(builder.plan(trial), 0.8, 0.7);
    }
    const Table table = trials_table(builder.record());
    CHECK(overlap_of(table, {}).ratio == 0);
    CHECK(overlap_of(table, {0, 1}).ratio == 0);
    CHECK(overlap_of(table, {0, 1, 2}).ratio == 9.0 / 32);
    CHECK(overlap_of(table, {1, 2, 3}).ratio == 9.0 / 16);
}

TEST_CASE("trials on other numbers of folds are no repetitions of each other") {
    RecordBuilder builder;
    for (const std::int32_t of : {2, 3}) {
        auto trial = planned("mobilenet", "retina", "random", 1);
        trial.spec.edit().fold = {1, of, 0};
        builder.finish(builder.plan(trial), 0.8, 0.7);
    }
    Query query;
    query.group_by = {"network"};
    CHECK_THROWS_WITH(answer(builder.record(), query), ContainsSubstring("differ in folds (2, 3)"));
}

}  // namespace graft::results
