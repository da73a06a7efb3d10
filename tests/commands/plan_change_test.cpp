// SPDX-License-Identifier: Apache-2.0
#include "commands/plan_change.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;
using commands::PlanChange;
using commands::Study;

namespace {

Study study_of(const std::vector<std::int64_t>& seeds) {
    Study study;
    study.file.name = "example";
    for (const auto seed : seeds) {
        study.trials.push_back(tests::planned_trial(seed));
    }
    return study;
}

sweep::Record record_of(const Study& study) {
    sweep::Record record;
    record.apply(tests::started());
    for (const auto& event : commands::plan_events(record, study)) {
        record.apply(event);
    }
    return record;
}

}  // namespace

TEST_CASE("the first plan adds every trial and says nothing") {
    const auto change = commands::plan_change(sweep::Record{}, study_of({1, 2}));
    CHECK(change.first);
    CHECK(change.added.size() == 2);
    CHECK(commands::change_text(change).empty());
}

TEST_CASE("an unchanged grid adds no event") {
    const auto study = study_of({1, 2});
    CHECK(commands::plan_events(record_of(study), study).empty());
}

TEST_CASE("a changed grid counts what is new, unchanged and left out") {
    auto record = record_of(study_of({1, 2, 3}));
    const auto id = sweep::trial_id(tests::planned_trial(1).spec);
    record.apply(tests::attempt_started(1, id));
    record.apply(tests::save_recorded(1, id, 1));
    const auto change = commands::plan_change(record, study_of({3, 4}));
    CHECK(commands::change_text(change) ==
          "The sweep file changed: +1 new, 1 unchanged, 2 left out.");
    CHECK(change.left_out_with_results == 1);
}

TEST_CASE("a trial that differs in one setting alone is renamed, and the setting is named") {
    const auto record = record_of(study_of({1, 2, 3}));
    auto changed = study_of({1, 2, 3, 4});
    changed.trials[0].spec.edit().training.epochs = 80;
    changed.trials[1].spec.edit().training.epochs = 80;
    changed.trials[2].spec.edit().training.epochs = 80;
    changed.trials[2].spec.edit().training.batch_size = 64;
    const auto change = commands::plan_change(record, changed);
    CHECK(commands::change_text(change) ==
          "The sweep file changed: +2 new, 0 unchanged, 1 left out, 2 renamed because epochs 50 -> "
          "80.");
    CHECK(change.added.size() == 4);
    CHECK(change.left_out.size() == 3);
}

TEST_CASE("other images under the same names are said to be the reason") {
    const auto record = record_of(study_of({1}));
    auto changed = study_of({1});
    changed.trials[0].spec.edit().dataset_fingerprint = "another";
    CHECK_THAT(
        commands::change_text(commands::plan_change(record, changed)),
        ContainsSubstring("1 renamed because the images or settings of dataset pcam changed"));
}

TEST_CASE("a trial that was left out comes back when the file names it again") {
    auto record = record_of(study_of({1, 2}));
    for (const auto& event : commands::plan_events(record, study_of({1}))) {
        record.apply(event);
    }
    const auto change = commands::plan_change(record, study_of({1, 2}));
    CHECK(change.added.size() == 1);
    CHECK(change.unchanged == 1);
}

TEST_CASE("a sweep begun under another recipe is refused with the ways out") {
    auto old = study_of({1});
    old.trials[0].spec.edit().recipe = sweep::kRecipe + 1;
    sweep::Record record;
    record.apply(tests::started());
    record.apply(tests::planned(old.trials));
    CHECK_THROWS_WITH(commands::plan_change(record, study_of({1})),
                      ContainsSubstring("recipe") && ContainsSubstring("--output"));
}
