// SPDX-License-Identifier: Apache-2.0
// Requests, as the reactor carries them out and answers them.
#include "scheduler/answers.hpp"

#include <fmt/format.h>

#include "scheduler/bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;

namespace {

TrialId fail_one(Bench& bench) {
    const auto assign = bench.assigned();
    bench.end(assign, sweep::InputFault{"wrong"});
    return assign.members[0].trial;
}

}  // namespace

TEST_CASE("a request to stop drains, and is answered after what it caused") {
    Bench bench;
    bench.start_ready(2);
    const auto assign = bench.assigned();
    bench.request({"stop.a", scheduler::StopRequest{}});
    CHECK(bench.answer() == "it saves and ends");
    CHECK(bench.take<sweep::Drain>().size() == 1);
    bench.end(assign, sweep::Drained{});
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::drained);
    SECTION("a second one is told that it is ending") {
        bench.request({"stop.b", scheduler::StopRequest{}});
        CHECK(bench.state.record.answers().back().answer == "it is ending already");
    }
}

TEST_CASE("a retry says which trials wait again, and why others do not") {
    Bench bench;
    bench.start_ready(3);
    const auto failed = fail_one(bench);
    const auto running = bench.assigned().members[0].trial;
    const TrialId nobody("0123456789abcdef");
    bench.request({"retry.a", scheduler::RetryRequest{{failed, running, nobody, failed}}});
    CHECK(bench.answer() == fmt::format("1 trial waits again; left as they are: {} (running), {} "
                                        "(no trial of this sweep), {} (waiting)",
                                        running.text(), nobody.text(), failed.text()));
    CHECK(bench.count<sweep::TrialRetried>() == 1);
    CHECK(bench.state_of(failed) == "waiting");
}

TEST_CASE("a retry while the sweep is ending is kept for the next start") {
    Bench bench;
    bench.start_ready(2);
    const auto failed = fail_one(bench);
    const auto assign = bench.assigned();
    bench.request({"stop.a", scheduler::StopRequest{}});
    bench.request({"retry.a", scheduler::RetryRequest{{failed}}});
    CHECK(bench.state_of(failed) == "waiting");
    CHECK_THAT(bench.state.record.answers().back().answer, ContainsSubstring("for the next start"));
    bench.end(assign, sweep::Drained{});
    CHECK(bench.take<sweep::Assign>().empty());
}

TEST_CASE("what cannot be understood is refused with its reason") {
    Bench bench;
    bench.start_ready(1);
    bench.request({"song.a", scheduler::Malformed{"unknown kind"}});
    CHECK(bench.answer() == "refused: unknown kind");
}

TEST_CASE("after the journal is closed nothing is answered") {
    Bench bench;
    bench.start_ready(1);
    bench.complete(bench.assigned());
    bench.say(0, sweep::Left{});
    REQUIRE(bench.state.closed);
    bench.request({"stop.a", scheduler::StopRequest{}});
    CHECK(bench.state.record.answers().empty());
}

TEST_CASE("requests from before a start are answered before anything is assigned") {
    Bench before;
    before.start_ready(1);
    const auto failed = fail_one(before);
    Bench bench;
    bench.state.record = before.state.record;
    bench.start(
        {}, {{"retry.a", scheduler::RetryRequest{{failed}}}, {"stop.a", scheduler::StopRequest{}}});
    CHECK(bench.state_of(failed) == "waiting");
    CHECK_FALSE(bench.state.stop);
    const auto& answers = bench.state.record.answers();
    REQUIRE(answers.size() == 2);
    CHECK(answers[0].answer == "1 trial waits again");
    CHECK_THAT(answers[1].answer, ContainsSubstring("nothing ran any more"));
}
