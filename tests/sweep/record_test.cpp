// SPDX-License-Identifier: Apache-2.0
#include "sweep/record.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

const PlannedTrial kTrial = tests::planned_trial();
const TrialId kId = trial_id(kTrial.spec);

Record running() {
    Record record;
    record.apply(tests::started());
    record.apply(tests::planned({kTrial}));
    record.apply(tests::attempt_started(1, kId));
    return record;
}

}  // namespace

TEST_CASE("a trial waits, runs, and waits again after a crash with what was saved") {
    Record record = running();
    CHECK(name_of(record.find(kId)->state) == "running");
    record.apply(tests::save_recorded(1, kId, 1));
    record.apply(tests::attempt_ended(1, Crashed{11, 0}));
    const Trial& trial = *record.find(kId);
    CHECK(name_of(trial.state) == "waiting");
    CHECK(trial.rows.size() == 1);
    CHECK(trial.seconds == 10);
    CHECK(trial.position->epoch == 2);
    CHECK(trial.attempts.back().saves == 1);
    CHECK(record.next_cohort() == CohortId(2));
}

TEST_CASE("a result ends the trial and outlives the attempt's ending") {
    Record record = running();
    auto save = tests::save_recorded(1, kId, 1);
    save.save.members[0].result = TrialResult{};
    record.apply(save);
    record.apply(tests::attempt_ended(1, Completed{}));
    CHECK(name_of(record.find(kId)->state) == "done");
}

TEST_CASE("what was never introduced is refused by name") {
    Record record = running();
    CHECK_THROWS_WITH(record.apply(tests::attempt_started(2, TrialId("feed0123456789ab"))),
                      ContainsSubstring("trial 'feed0123456789ab'"));
    CHECK_THROWS_AS(record.apply(tests::attempt_ended(9, Completed{})), core::SystemError);
    CHECK_THROWS_AS(record.apply(tests::save_recorded(9, kId, 1)), core::SystemError);
}

TEST_CASE("a left-out trial keeps its rows and comes back when planned again") {
    Record record = running();
    auto plan = tests::planned({});
    plan.left_out = {kId};
    record.apply(plan);
    CHECK(record.find(kId)->left_out);
    record.apply(tests::planned({kTrial}));
    CHECK_FALSE(record.find(kId)->left_out);
    CHECK(record.trials().size() == 1);
}

TEST_CASE("a trial is mixed when saves of unlike numerics were used") {
    Record record = running();
    record.apply(AttemptBegun{{}, CohortId(1), "cpu", "cpu 1 thread"});
    record.apply(tests::save_recorded(1, kId, 1));
    record.apply(tests::attempt_ended(1, Killed{9}));
    record.apply(tests::attempt_started(2, kId, 2));
    record.apply(AttemptBegun{{}, CohortId(2), "cpu", "cpu 2 threads"});
    CHECK_FALSE(record.find(kId)->mixed());
    record.apply(tests::save_recorded(2, kId, 2));
    CHECK(record.find(kId)->mixed());
}

TEST_CASE("a trial that began anew is not mixed with what it was before") {
    Record record = running();
    record.apply(AttemptBegun{{}, CohortId(1), "cpu", "cpu 1 thread"});
    record.apply(tests::save_recorded(1, kId, 1));
    record.apply(tests::attempt_ended(1, Killed{9}));
    record.apply(tests::attempt_started(2, kId, 2));
    record.apply(AttemptBegun{{}, CohortId(2), "cpu", "cpu 2 threads"});
    record.apply(tests::save_recorded(2, kId, 1));  // the first epoch once more
    CHECK_FALSE(record.find(kId)->mixed());
    CHECK(record.find(kId)->numerics() == std::vector<std::string>{"cpu 2 threads"});
}

TEST_CASE("a trial that begins again after its state was lost has every epoch once") {
    Record record = running();
    for (const int epoch : {1, 2, 3}) {
        record.apply(tests::save_recorded(1, kId, epoch));
    }
    record.apply(tests::attempt_ended(1, InputFault{"the state is damaged"}));
    CHECK_FALSE(record.find(kId)->may_begin_again());
    record.apply(TrialFailed{{}, kId, "the state is damaged"});
    record.apply(TrialRetried{{}, kId});
    record.apply(tests::attempt_started(2, kId, 2));
    const Trial& trial = *record.find(kId);
    CHECK(trial.may_begin_again());
    CHECK(trial.rows.size() == 3);  // nothing is lost before something else is saved
    SECTION("saved within its first epoch") {
        auto save = tests::save_recorded(2, kId, 1);
        save.save.position = {Phase::fine_tune, 1, 4, 4};
        save.save.members[0].rows.clear();
        record.apply(save);
        CHECK(trial.rows.empty());
    }
    SECTION("saved after two epochs") {
        auto save = tests::save_recorded(2, kId, 2);
        auto& rows = save.save.members[0].rows;
        rows.insert(rows.begin(), tests::save_recorded(2, kId, 1).save.members[0].rows[0]);
        record.apply(save);
        REQUIRE(trial.rows.size() == 2);
        CHECK(trial.rows[0].epoch == 1);
        CHECK(trial.rows[1].epoch == 2);
        record.apply(tests::save_recorded(2, kId, 3));
        CHECK(trial.rows.size() == 3);
    }
    CHECK_FALSE(trial.may_begin_again());
}

TEST_CASE("freed weights are named no more, and everything else of the result stays") {
    Record record = running();
    CHECK_THROWS_AS(record.apply(FilesFreed{{}, kId, Freed::weights}), core::SystemError);
    auto save = tests::save_recorded(1, kId, 1);
    auto& result = save.save.members[0].result.emplace();
    result.test.auc = 0.75;
    result.weights = {"trials/x/best.h5", 10, "hash"};
    result.predictions = {"trials/x/predictions.h5", 10, "other"};
    record.apply(save);
    record.apply(tests::attempt_ended(1, Completed{}));
    record.apply(FilesFreed{{}, kId, Freed::weights});
    const auto& after = std::get<Done>(record.find(kId)->state).result;
    CHECK(after.weights.name.empty());
    CHECK(after.weights.hash == "hash");
    CHECK(after.predictions.name == "trials/x/predictions.h5");
    CHECK(after.test.auc == 0.75);
    CHECK(record.find(kId)->rows.size() == 1);
    CHECK_THROWS_AS(record.apply(FilesFreed{{}, kId, Freed::state}), core::SystemError);
}

TEST_CASE("a failed trial without its state begins anew at a retry, and an open one keeps it") {
    Record record = running();
    record.apply(tests::save_recorded(1, kId, 1));
    CHECK_THROWS_AS(record.apply(FilesFreed{{}, kId, Freed::state}), core::SystemError);
    record.apply(tests::attempt_ended(1, Crashed{11, 0}));
    CHECK_THROWS_AS(record.apply(FilesFreed{{}, kId, Freed::state}), core::SystemError);
    record.apply(TrialFailed{{}, kId, "why"});
    record.apply(FilesFreed{{}, kId, Freed::state});
    const Trial& trial = *record.find(kId);
    CHECK(trial.files.empty());
    CHECK_FALSE(trial.position);
    record.apply(TrialRetried{{}, kId});
    record.apply(tests::attempt_started(2, kId, 2));
    auto save = tests::save_recorded(2, kId, 1);
    record.apply(save);
    CHECK(trial.rows.size() == 1);
}

TEST_CASE("attempts without a save are counted over a start that only cleaned up") {
    Record record = running();
    record.apply(tests::attempt_ended(1, Killed{9}));
    record.apply(Closed{{}, "drained"});
    CHECK(record.futile().size() == 1);
    CHECK(record.last_run() == &record.starts()[0]);
    record.apply(tests::started());
    record.apply(Closed{{}, std::string(kCleaned)});
    CHECK(record.futile().size() == 1);
    CHECK(record.last_run() == &record.starts()[0]);
    record.apply(tests::started());
    CHECK(record.last_run() == &record.starts()[2]);
    record.apply(Closed{{}, "stopped"});
    CHECK(record.futile().empty());
}

TEST_CASE("an attempt without members does not fit") {
    Record record = running();
    auto event = tests::attempt_started(2, kId);
    event.members.clear();
    CHECK_THROWS_AS(record.apply(event), core::SystemError);
    CHECK(record.members(CohortId(2)) == nullptr);
}

TEST_CASE("a trial's choices are those that there are") {
    std::string bytes = core::encode(kTrial.spec);
    const std::string init = core::encode(kTrial.spec->init) + core::encode(kTrial.spec->init_text);
    bytes[bytes.find(init, 20)] = 9;
    CHECK_THROWS_AS(core::decode<TrialSpec>(bytes), core::DecodeError);
}
