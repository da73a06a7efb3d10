// SPDX-License-Identifier: Apache-2.0
#include "results/sweeps.hpp"

#include "results/query.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

std::string cell(const Columns& table, const char* column, std::size_t row) {
    return text_of(table.at(column).at(row));
}

}  // namespace

TEST_CASE("sweeps: a trial that stands in two is there once, with its result") {
    RecordBuilder first, second;
    const auto shared = planned("mobilenet", "retina", "random", 1);
    const auto other = planned("mobilenet", "retina", "random", 2);
    first.plan(shared);
    first.finish(first.plan(other), 0.7, 0.6);
    second.finish(second.plan(shared), 0.8, 0.75);
    second.finish(second.plan(planned("small_cnn", "retina", "random", 1)), 0.6, 0.5);
    const Sweeps sweeps({{"one", "/one", &first.record()}, {"two", "/two", &second.record()}});

    CHECK(sweeps.repeated() == 1);
    const Columns& trials = sweeps.table("trials");
    REQUIRE(trials.rows() == 3);
    CHECK(cell(trials, "sweep", 0) == "one");
    CHECK(cell(trials, "seed", 0) == "2");
    CHECK(cell(trials, "sweep", 1) == "two");
    CHECK(cell(trials, "val_auc", 1) == "0.8");
    CHECK(cell(trials, "checkpoint", 1).starts_with("/two/trials/"));
    CHECK(sweeps.table("epochs").rows() == 6);
    CHECK(sweeps.trials_of_epochs() == std::vector<std::size_t>{0, 0, 1, 1, 2, 2});
    CHECK(cell(sweeps.table("epochs"), "trial", 2) == cell(trials, "trial", 1));
    CHECK(sweeps.table("attempts").rows() == 3);
    CHECK(sweeps.table("provenance").rows() == 2);

    Query query;
    query.columns = {"val_auc"};
    query.group_by = {"network", "init"};
    const Answer result = answer(sweeps, query);
    CHECK(result.table.at("val_auc_mean").number(0) == Approx(0.75));
    CHECK(result.notes.front() == "1 trial stands in several of the sweeps: counted once.");
}

TEST_CASE("sweeps: of two with a result the first counts") {
    RecordBuilder first, second;
    const auto shared = planned();
    first.finish(first.plan(shared), 0.7, 0.6);
    second.finish(second.plan(shared), 0.8, 0.75);
    const Sweeps sweeps({{"one", "", &first.record()}, {"two", "", &second.record()}});
    REQUIRE(sweeps.table("trials").rows() == 1);
    CHECK(cell(sweeps.table("trials"), "val_auc", 0) == "0.7");
}

TEST_CASE("sweeps: recipes are not averaged over") {
    RecordBuilder first, second;
    first.finish(first.plan(planned()), 0.7, 0.6);
    auto newer = planned();
    newer.spec.edit().recipe = sweep::kRecipe + 1;
    second.finish(second.plan(newer), 0.8, 0.75);
    const Sweeps sweeps({{"one", "", &first.record()}, {"two", "", &second.record()}});
    Query query;
    query.group_by = {"network", "dataset", "init", "freeze"};
    CHECK_THROWS_WITH(answer(sweeps, query), ContainsSubstring("differ in recipe (1, 2)"));
}

TEST_CASE("sweeps: an empty one beside another changes nothing") {
    RecordBuilder first;
    const RecordBuilder second;
    first.finish(first.plan(planned()), 0.7, 0.6);
    const Sweeps sweeps({{"one", "", &second.record()}, {"two", "", &first.record()}});
    CHECK(sweeps.table("trials").rows() == 1);
    CHECK(sweeps.table("epochs").rows() == 2);
    CHECK(sweeps.table("skipped").rows() == 0);
}

}  // namespace graft::results
