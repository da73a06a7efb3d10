// SPDX-License-Identifier: Apache-2.0
#include "scheduler/bench.hpp"
#include "scheduler/reactor.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;

TEST_CASE("results and the start of what comes next on that slot go in one group") {
    Bench bench;
    bench.start_ready(2);
    const auto first = bench.assigned();
    bench.hold = true;
    bench.say(0, sweep::Begun{first.cohort, "cpu", "cpu, 1 thread"});
    CHECK(bench.outbox.take_events().empty());  // nobody waits for that
    bench.save(first, 1, true);
    const auto group = bench.outbox.take_events();
    REQUIRE(group.size() == 4);
    CHECK(std::holds_alternative<sweep::AttemptBegun>(group[0]));
    CHECK(std::holds_alternative<sweep::SaveRecorded>(group[1]));
    CHECK(std::holds_alternative<sweep::AttemptEnded>(group[2]));
    CHECK(std::holds_alternative<sweep::AttemptStarted>(group[3]));
    CHECK(bench.outbox.take_messages().empty());
    bench.outbox.acknowledge(group.size());
    const auto messages = bench.outbox.take_messages();
    REQUIRE(messages.size() == 2);
    CHECK(std::get<sweep::Recorded>(messages[0].second).cohort == first.cohort);
    const auto& second = std::get<sweep::Assign>(messages[1].second);
    // What the trainer says of the first when it has tidied up changes nothing.
    bench.end(first, sweep::Completed{});
    CHECK(bench.outbox.take_events().empty());
    CHECK(bench.state.flights.contains(second.cohort));
}
