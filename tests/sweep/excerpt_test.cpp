// SPDX-License-Identifier: Apache-2.0
#include "sweep/excerpt.hpp"

#include "core/bytes.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"

using namespace graft;
using namespace graft::sweep;

namespace {

TrialId id_of(int seed) {
    return trial_id(tests::planned_trial(seed).spec);
}

std::vector<PlannedTrial> planned_trials() {
    return {tests::planned_trial(1), tests::planned_trial(2), tests::planned_trial(3)};
}

// A save of both members of a cohort; of the first it is the last one.
SaveRecorded shared_save(std::uint64_t cohort, const TrialId& ends, const TrialId& goes_on) {
    auto event = tests::save_recorded(cohort, ends, 1);
    event.time = {777};
    event.save.members[0].files.clear();
    event.save.members[0].result.emplace().test.auc = 0.75;
    event.save.members.push_back(tests::save_recorded(cohort, goes_on, 1).save.members[0]);
    return event;
}

// A crash, then a cohort of the trials 1 and 2 in which the first has its result; 3 failed.
std::vector<Event> there() {
    auto together = tests::attempt_started(8, id_of(1), 2);
    together.members.push_back({id_of(2), 1});
    return {tests::started(),
            tests::planned(planned_trials()),
            tests::attempt_started(7, id_of(1)),
            tests::attempt_ended(7, Crashed{11, 0}),
            tests::attempt_started(6, id_of(3)),
            tests::attempt_ended(6, Crashed{11, 0}),
            TrialFailed{{}, id_of(3), "why"},
            together,
            AttemptBegun{{}, CohortId(8), "CPU", "cpu, 1 thread"},
            shared_save(8, id_of(1), id_of(2))};
}

Record record_of(const std::vector<Event>& events) {
    Record record;
    for (const auto& event : events) {
        record.apply(event);
    }
    return record;
}

// As another sweep has it: trial 1 was tried there, in cohort 30.
Record here() {
    return record_of({tests::started(), tests::planned(planned_trials()),
                      tests::attempt_started(30, id_of(1)),
                      tests::attempt_ended(30, Crashed{6, 0})});
}

TrialEvents events_there() {
    TrialEvents events;
    for (const auto& event : there()) {
        events.add(event);
    }
    return events;
}

}  // namespace

TEST_CASE("a trial told again has its numbers, under new cohorts and after its attempts here") {
    auto record = here();
    for (const auto& event : events_there().of({id_of(1)}, record)) {
        record.apply(event);
    }
    const auto& told = *record.find(id_of(1));
    const auto original = record_of(there());
    const auto& first = *original.find(id_of(1));
    CHECK(name_of(told.state) == "done");
    CHECK(core::encode(told.rows) == core::encode(first.rows));
    CHECK(std::get<Done>(told.state).result.test.auc == 0.75);
    REQUIRE(told.attempts.size() == 3);
    CHECK(told.attempts[1].number == 2);
    CHECK(told.attempts[2].number == 3);
    CHECK(told.attempts[1].cohort == CohortId(31));
    CHECK(told.attempts[2].cohort == CohortId(32));
    CHECK(told.attempts[2].numerics == "cpu, 1 thread");
    CHECK(told.seconds == first.seconds);
    CHECK(name_of(record.find(id_of(2))->state) == "waiting");  // the other member stays there
    CHECK(record.find(id_of(2))->attempts.empty());
}

TEST_CASE("an attempt that goes on there for others is completed for a trial with its result") {
    auto record = here();
    for (const auto& event : events_there().of({id_of(1)}, record)) {
        record.apply(event);
    }
    const auto& last = record.find(id_of(1))->attempts.back();
    REQUIRE(last.ending);
    CHECK(std::holds_alternative<Completed>(*last.ending));
    CHECK(last.end->micros == 777);
    CHECK_FALSE(record.members(CohortId(32)));
}

TEST_CASE("trials without a result can be told again, too: running, failed") {
    auto record = here();
    for (const auto& event : events_there().of({id_of(2), id_of(3)}, record)) {
        record.apply(event);
    }
    CHECK(name_of(record.find(id_of(2))->state) == "running");
    CHECK(record.find(id_of(2))->rows.size() == 1);
    CHECK(name_of(record.find(id_of(3))->state) == "failed");
    CHECK(name_of(record.find(id_of(1))->state) == "waiting");
    CHECK(record.find(id_of(1))->attempts.size() == 1);
}
