// SPDX-License-Identifier: Apache-2.0
#include "scheduler/deadline.hpp"

#include "scheduler/bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using core::Seconds;
using scheduler::Deadline;
using scheduler::Outcome;

namespace {

core::Instant in(core::Instant now, double seconds) {
    return now + std::chrono::duration_cast<core::Instant::duration>(Seconds(seconds));
}

scheduler::TrialClass of_network(const std::string& network) {
    return {{"d", "f", 64}, network};
}

// A sweep of trials on one slot whose job ends in so many seconds.
Bench with_deadline(double seconds, int trials, int slots = 1) {
    Bench bench;
    bench.state.deadline = Deadline(in(bench.moment.now, seconds));
    bench.start_ready(trials, slots);
    return bench;
}

// Time passes in which the rank is not judged.
void pass(Bench& bench, double seconds) {
    bench.tick(seconds, seconds);
}

void first_batch(Bench& bench, const sweep::Assign& assign) {
    sweep::Progress progress;
    progress.cohort = assign.cohort;
    progress.position.batch = 1;
    bench.say(0, progress);
}

}  // namespace

TEST_CASE("without a deadline everything is admitted, and nothing drains") {
    const Deadline none;
    CHECK_FALSE(none.drain_at());
    CHECK(none.admits(of_network("a"), core::Instant::max()));
}

TEST_CASE("draining begins early enough for the longest save, four times over") {
    const core::Instant now = core::now();
    Deadline deadline(in(now, 1000));
    CHECK(*deadline.drain_at() == in(now, 985));
    deadline.learn_save(Seconds(20));
    deadline.learn_save(Seconds(5));
    CHECK(*deadline.drain_at() == in(now, 905));
}

TEST_CASE("a class is admitted as long as it can reach its first save") {
    const core::Instant now = core::now();
    Deadline deadline(in(now, 1000));
    deadline.learn_begin(of_network("slow"), Seconds(100));
    deadline.learn_begin(of_network("fast"), Seconds(10));
    deadline.learn_save(Seconds(5));  // drains at 965
    CHECK(deadline.to_first_save(of_network("slow")) == Seconds(205));
    CHECK(deadline.admits(of_network("slow"), in(now, 759)));
    CHECK_FALSE(deadline.admits(of_network("slow"), in(now, 760)));
    CHECK(deadline.admits(of_network("fast"), in(now, 939)));
    CHECK_FALSE(deadline.admits(of_network("fast"), in(now, 940)));
    // One that has not begun yet may be as slow as any.
    CHECK(deadline.to_first_save(of_network("new")) == Seconds(205));
}

TEST_CASE("a run drains by itself before its job's time limit") {
    Bench bench = with_deadline(100, 1);
    bench.assigned();
    pass(bench, 84);
    CHECK(bench.take<sweep::Drain>().empty());
    pass(bench, 2);
    CHECK(bench.take<sweep::Drain>().size() == 1);
    REQUIRE(bench.state.stop);
    CHECK(bench.state.stop->outcome == Outcome::drained);
}

TEST_CASE("a job ends early when no waiting trial can reach its first save any more") {
    Bench bench = with_deadline(100, 3);
    const auto first = bench.assigned();
    pass(bench, 30);
    first_batch(bench, first);  // took 30 s: the next one needs 60
    bench.complete(first);
    CHECK(bench.take<sweep::Assign>().empty());
    REQUIRE(bench.state.stop);
    CHECK(bench.state.stop->outcome == Outcome::drained);
    CHECK_THAT(bench.state.stop->message, ContainsSubstring("none of the 2 trials that wait"));
    CHECK(bench.take<sweep::Leave>().size() == 1);
}

TEST_CASE("slots that idle before the time limit are said once, while others still train") {
    Bench bench = with_deadline(100, 4, 2);
    auto assigned = bench.take<sweep::Assign>();
    REQUIRE(assigned.size() == 2);
    pass(bench, 30);
    first_batch(bench, assigned[0].second);
    bench.complete(assigned[0].second);
    CHECK(bench.take<sweep::Assign>().empty());
    CHECK_FALSE(bench.state.stop);
    CHECK_THAT(bench.line_with("slots idle"), ContainsSubstring("the 2 trials that wait take"));
    bench.state.lines.clear();
    pass(bench, 1);
    CHECK(bench.line_with("slots idle").empty());
}

TEST_CASE("what still fits is begun until it does not") {
    Bench bench = with_deadline(1000, 3);
    const auto first = bench.assigned();
    pass(bench, 30);
    first_batch(bench, first);
    bench.complete(first);
    const auto second = bench.assigned();  // 60 s from now on, of 955
    pass(bench, 800);
    bench.complete(second);
    CHECK(bench.assigned().members.size() == 1);
}
