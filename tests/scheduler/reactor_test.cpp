// SPDX-License-Identifier: Apache-2.0
#include "scheduler/reactor.hpp"

#include "scheduler/bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;

TEST_CASE("a sweep runs its trials, longest first, and closes when all are done") {
    Bench bench;
    bench.start_ready(3);
    for (int seed = 1; seed <= 3; ++seed) {
        const auto assign = bench.assigned();
        CHECK(assign.members.at(0).spec.seed == seed);
        CHECK(assign.members.at(0).attempt == 1);
        CHECK(assign.prepared == "/prepared/d");
        bench.complete(assign);
    }
    CHECK(bench.take<sweep::Leave>().size() == 1);
    CHECK_FALSE(finished(bench.state, bench.outbox));
    bench.say(0, sweep::Left{});
    CHECK(finished(bench.state, bench.outbox));
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::done);
    CHECK(std::get<sweep::Closed>(bench.events.back()).reason == "done");
}

TEST_CASE("a grid without open trials closes at once") {
    Bench bench;
    bench.start({});
    CHECK(bench.take<sweep::Leave>().size() == 1);
    bench.hello(0, 1);
    bench.say(0, sweep::Left{});
    CHECK(finished(bench.state, bench.outbox));
}

TEST_CASE("no message leaves before the events ahead of it are synced") {
    Bench bench;
    bench.start_ready(1);
    const auto assign = bench.assigned();
    bench.hold = true;
    bench.save(assign, 1);
    CHECK(bench.outbox.take_messages().empty());
    const auto events = bench.outbox.take_events();
    REQUIRE(events.size() == 1);
    CHECK(std::holds_alternative<sweep::SaveRecorded>(events[0]));
    CHECK(bench.outbox.take_messages().empty());
    bench.outbox.acknowledge(1);
    const auto messages = bench.outbox.take_messages();
    REQUIRE(messages.size() == 1);
    CHECK(std::get<sweep::Recorded>(messages[0].second).save == 1);
}

TEST_CASE("an assignment waits for its AttemptStarted") {
    Bench bench;
    bench.start(Bench::trials(1));
    bench.make_ready();
    bench.hold = true;
    bench.hello(0, 1);
    CHECK(bench.outbox.take_messages().empty());
    bench.settle();
    CHECK(bench.take<sweep::Assign>().size() == 1);
}

TEST_CASE("a save told twice is recorded once and acknowledged twice") {
    Bench bench;
    bench.start_ready(1);
    const auto assign = bench.assigned();
    bench.save(assign, 1);
    bench.save(assign, 1);
    CHECK(bench.count<sweep::SaveRecorded>() == 1);
    CHECK(bench.take<sweep::Recorded>().size() == 2);
}

TEST_CASE("an attempt goes on from the last recorded save") {
    Bench bench;
    bench.start_ready(1);
    const auto first = bench.assigned();
    bench.save(first, 1);
    bench.end(first, sweep::Killed{9});
    const auto second = bench.assigned();
    CHECK(second.cohort > first.cohort);
    CHECK(second.members[0].attempt == 2);
    REQUIRE(second.members[0].position);
    CHECK(second.members[0].position->epoch == 2);
    CHECK(second.members[0].files.size() == 1);
}

TEST_CASE("what an ended cohort still says is dropped") {
    Bench bench;
    bench.start_ready(1);
    const auto first = bench.assigned();
    bench.end(first, sweep::Killed{9});
    const auto second = bench.assigned();
    const auto events = bench.events.size();
    bench.save(first, 1);
    bench.end(first, sweep::Completed{});
    bench.say(0, sweep::Begun{first.cohort, "cpu", "x"});
    CHECK(bench.events.size() == events);
    CHECK(bench.sent.empty());
    CHECK(bench.state_of(second.members[0].trial) == "running");
}

TEST_CASE("another rank cannot speak for a cohort") {
    Bench bench(2);
    bench.start_ready(1);
    const auto assign = bench.assigned();
    bench.save(assign, 1, true, 1);
    bench.end(assign, sweep::Completed{}, 1);
    CHECK(bench.count<sweep::SaveRecorded>() == 0);
    CHECK(bench.count<sweep::AttemptEnded>() == 0);
}

TEST_CASE("a trial that crashes three times before a save has failed, and the sweep goes on") {
    Bench bench;
    bench.start_ready(2);
    const auto bad = bench.state.record.trials()[0].id;
    int crashes = 0;
    while (bench.state_of(bad) != "failed") {
        const auto assign = bench.assigned();
        if (assign.members[0].trial == bad) {
            ++crashes;
            bench.end(assign, sweep::Crashed{11, 0});
        } else {
            bench.complete(assign);
        }
    }
    CHECK(crashes == 3);
    while (!bench.state.stop) {
        bench.complete(bench.assigned());
    }
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::some_failed);
}

TEST_CASE("a crash after a save is not charged to the trial") {
    Bench bench;
    bench.start_ready(1);
    for (int attempt = 0; attempt < 6; ++attempt) {
        const auto assign = bench.assigned();
        bench.save(assign, 1);
        bench.end(assign, sweep::Crashed{11, 0});
    }
    CHECK(bench.count<sweep::TrialFailed>() == 0);
}

TEST_CASE("kills between crashes neither count nor forgive") {
    Bench bench;
    bench.start_ready(1);
    for (const Ending& ending : {Ending(sweep::Crashed{6, 0}), Ending(sweep::Killed{9}),
                                 Ending(sweep::Crashed{6, 0}), Ending(sweep::RankLost{})}) {
        bench.end(bench.assigned(), ending);
    }
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    bench.end(bench.assigned(), sweep::Crashed{6, 0});
    CHECK(bench.count<sweep::TrialFailed>() == 1);
}

TEST_CASE("a trial goes on elsewhere first after a crash") {
    Bench bench(1);
    bench.start_ready(3, 2);
    const auto both = bench.take<sweep::Assign>();
    REQUIRE(both.size() == 2);
    bench.end(both[0].second, sweep::Crashed{11, 0});
    CHECK(bench.assigned().members[0].trial != both[0].second.members[0].trial);
    bench.complete(both[1].second);
    const auto again = bench.assigned();
    CHECK(again.members[0].trial == both[0].second.members[0].trial);
    CHECK(again.slots != both[0].second.slots);
}

TEST_CASE("an error in the input fails the trial at once") {
    Bench bench;
    bench.start_ready(2);
    bench.end(bench.assigned(), sweep::InputFault{"no such layer"});
    CHECK(bench.count<sweep::TrialFailed>() == 1);
    bench.complete(bench.assigned());
    const auto result = scheduler::result_of(bench.state);
    CHECK(result.outcome == Outcome::some_failed);
    CHECK_THAT(result.message, ContainsSubstring("no such layer"));
}

TEST_CASE("the same error from every first trial stops the sweep") {
    Bench bench;
    bench.start_ready(10);
    for (int i = 0; i < 3; ++i) {
        bench.end(bench.assigned(), sweep::InputFault{"weights are missing"});
    }
    CHECK(bench.take<sweep::Assign>().empty());
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::input_error);
}

TEST_CASE("equal errors after something was saved do not stop the sweep") {
    Bench bench;
    bench.start_ready(10);
    bench.complete(bench.assigned());
    for (int i = 0; i < 4; ++i) {
        bench.end(bench.assigned(), sweep::InputFault{"weights are missing"});
    }
    CHECK_FALSE(bench.state.stop);
}

TEST_CASE("no space drains everything and ends with its own outcome") {
    Bench bench;
    bench.start_ready(4, 2);
    const auto both = bench.take<sweep::Assign>();
    bench.end(both[0].second, sweep::NoSpace{"no space left in 'x'"});
    CHECK(bench.take<sweep::Drain>().size() == 1);
    CHECK(bench.take<sweep::Assign>().empty());
    bench.end(both[1].second, sweep::Drained{});
    bench.say(0, sweep::Left{});
    CHECK(finished(bench.state, bench.outbox));
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::no_space);
    CHECK(std::get<sweep::Closed>(bench.events.back()).reason == "no space");
}

TEST_CASE("twenty attempts in a row without a save stop the sweep") {
    Bench bench;
    bench.start_ready(30);
    for (int i = 0; i < 20; ++i) {
        REQUIRE_FALSE(bench.state.stop);
        bench.end(bench.assigned(), sweep::Killed{9});
    }
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::stopped);
}

TEST_CASE("a drain saves, charges nothing, and leaves work for the next start") {
    Bench bench;
    bench.start_ready(2);
    const auto assign = bench.assigned();
    begin_stop(bench.state, bench.outbox, {Outcome::drained, "asked"});
    bench.tick(1);
    CHECK(bench.take<sweep::Drain>().size() == 1);
    CHECK(bench.take<sweep::Leave>().empty());
    bench.save(assign, 1);
    CHECK(bench.take<sweep::Recorded>().size() == 1);
    bench.end(assign, sweep::Drained{});
    CHECK(bench.take<sweep::Leave>().size() == 1);
    bench.say(0, sweep::Left{});
    CHECK(finished(bench.state, bench.outbox));
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::drained);
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    CHECK(bench.state.queue.size() == 2);
}

TEST_CASE("a silent rank is lost, and its work goes to others") {
    Bench bench(2);
    bench.start_ready(2);
    const auto both = bench.take<sweep::Assign>();
    REQUIRE(both.size() == 2);
    for (int i = 0; i < 7; ++i) {
        bench.say(0, sweep::Alive{});
        bench.tick(1);
    }
    CHECK(bench.state.ranks.at(Rank(1)).stage == scheduler::RankStage::lost);
    const auto& lost = both[1].first == Rank(1) ? both[1].second : both[0].second;
    const auto& kept = both[1].first == Rank(1) ? both[0].second : both[1].second;
    bench.complete(kept, 0);
    CHECK(bench.assigned().members[0].trial == lost.members[0].trial);
    SECTION("what it still says is dropped, and it is told to leave") {
        const auto events = bench.events.size();
        bench.save(lost, 1, true, 1);
        CHECK(bench.events.size() == events);
        bench.say(1, sweep::Alive{});
        CHECK(bench.take<sweep::Leave>().size() == 1);
    }
}

TEST_CASE("a coordinator that was held up loses no rank for its own silence") {
    Bench bench;
    bench.start_ready(1);
    bench.tick(100, 99.5);
    bench.tick(3);
    CHECK(bench.state.ranks.at(Rank(0)).stage == scheduler::RankStage::working);
    bench.tick(3);
    CHECK(bench.state.ranks.at(Rank(0)).stage == scheduler::RankStage::lost);
}

TEST_CASE("normal turns of the loop forgive no silence") {
    Bench bench;
    bench.start_ready(1);
    for (int i = 0; i < 6; ++i) {
        bench.tick(1, 0.9);
    }
    CHECK(bench.state.ranks.at(Rank(0)).stage == scheduler::RankStage::lost);
}

TEST_CASE("when the last slot is gone the sweep stops and says so") {
    Bench bench;
    bench.start_ready(2);
    bench.end(bench.assigned(), sweep::DeviceFault{"Xid 79"});
    CHECK(bench.take<sweep::Assign>().empty());
    const auto result = scheduler::result_of(bench.state);
    CHECK(result.outcome == Outcome::stopped);
    CHECK_THAT(result.message, ContainsSubstring("no slot is left"));
}

TEST_CASE("a rank that leaves on its own gives its work back") {
    Bench bench(2);
    bench.start_ready(2);
    const auto both = bench.take<sweep::Assign>();
    bench.say(1, sweep::SlotLost{Slot(0), "asked to stop"});
    bench.say(1, sweep::Left{});
    CHECK(bench.count<sweep::AttemptEnded>() == 1);
    const auto& kept = both[0].first == Rank(0) ? both[0].second : both[1].second;
    bench.complete(kept);
    bench.complete(bench.assigned());
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::done);
}

TEST_CASE("attempts that an earlier start left open are ended at the start") {
    Bench before;
    before.start_ready(1);
    before.save(before.assigned(), 1);
    Bench bench;
    bench.state.record = before.state.record;
    bench.start(Bench::trials(1));
    REQUIRE(bench.count<sweep::AttemptEnded>() == 1);
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    bench.make_ready();
    bench.hello(0, 1);
    const auto assign = bench.assigned();
    CHECK(assign.members[0].attempt == 2);
    CHECK(assign.members[0].position->epoch == 2);
}

TEST_CASE("Completed without a result counts as a crash") {
    Bench bench;
    bench.start_ready(1);
    bench.end(bench.assigned(), sweep::Completed{});
    const auto& attempt = bench.state.record.trials()[0].attempts[0];
    CHECK(std::holds_alternative<sweep::Crashed>(*attempt.ending));
}

TEST_CASE("a rank of another build is refused") {
    Bench bench;
    bench.start(Bench::trials(1));
    sweep::RankHello hello;
    hello.build_id = "older";
    bench.say(0, hello);
    CHECK(bench.take<sweep::Leave>().size() >= 1);
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::input_error);
}

TEST_CASE("a failed trial is tried again on request, with a clean sheet") {
    Bench bench;
    bench.start_ready(3);
    const auto assign = bench.assigned();
    const auto id = assign.members[0].trial;
    bench.end(assign, sweep::InputFault{"wrong"});
    CHECK(bench.state_of(id) == "failed");
    bench.request({"retry.a", scheduler::RetryRequest{{id}}});
    bench.complete(bench.assigned());
    const auto again = bench.assigned();
    CHECK(again.members[0].trial == id);
    bench.end(again, sweep::Crashed{11, 0});
    CHECK(bench.state_of(id) == "running");
    CHECK(bench.count<sweep::TrialFailed>() == 1);
}

TEST_CASE("datasets are prepared one at a time, and trials of a broken one are left") {
    Bench bench;
    auto planned = Bench::trials(2, "d");
    const auto more = Bench::trials(1, "e");
    planned.insert(planned.end(), more.begin(), more.end());
    bench.start(planned);
    auto needs = bench.outbox.take_needs();
    REQUIRE(needs.size() == 1);
    CHECK(needs[0].dataset == "d");
    bench.hello(0, 1);
    bench.make_ready("d");
    needs = bench.outbox.take_needs();
    REQUIRE(needs.size() == 1);
    CHECK(needs[0].dataset == "e");
    on_dataset(bench.state, bench.outbox, needs[0], scheduler::Broken{"2 bad images"},
               bench.moment);
    bench.complete(bench.assigned());
    bench.complete(bench.assigned());
    const auto result = scheduler::result_of(bench.state);
    CHECK(result.outcome == Outcome::input_error);
    CHECK_THAT(result.message, ContainsSubstring("2 bad images"));
}

TEST_CASE("other pixels under the same fingerprint are an error") {
    Bench before;
    before.start_ready(1);
    Bench bench;
    bench.state.record = before.state.record;
    bench.start(Bench::trials(1));
    sweep::DatasetReady ready;
    ready.dataset = "d";
    ready.fingerprint = "print-d";
    ready.size = 32;
    ready.pixels_checksum = "another";
    const scheduler::Need need{"d", "print-d", 32};
    on_dataset(bench.state, bench.outbox, need, ready, bench.moment);
    CHECK(std::holds_alternative<scheduler::Broken>(bench.state.datasets.at(need)));
}
