// SPDX-License-Identifier: Apache-2.0
#include "results/status.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

TEST_CASE("every trial of the sweep is counted once, left-out ones apart") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    builder.diverge(builder.plan(planned("mobilenet", "retina", "random", 2)), 0.5);
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 3)), "broken");
    builder.start({builder.plan(planned("mobilenet", "retina", "random", 4))});
    builder.plan(planned("mobilenet", "retina", "random", 5));
    builder.leave_out(builder.plan(planned("mobilenet", "retina", "random", 6)));
    const auto status = status_of(builder.record());
    CHECK(status.counts.done == 1);
    CHECK(status.counts.diverged == 1);
    CHECK(status.counts.failed == 1);
    CHECK(status.counts.running == 1);
    CHECK(status.counts.waiting == 1);
    CHECK(status.counts.left_out == 1);
    CHECK(status.counts.total() == 5);
    CHECK(status.counts.ended() == 3);
    REQUIRE(status.failed.size() == 1);
    CHECK(status.failed[0]->spec.seed == 3);
}

TEST_CASE("a cohort that runs is one entry with the epochs of its last save") {
    RecordBuilder builder;
    const auto a = builder.plan(planned("mobilenet", "retina", "random", 1, 0));
    const auto b = builder.plan(planned("mobilenet", "retina", "random", 1, 50));
    const auto cohort = builder.start({a, b}, 3, 1);
    builder.save(cohort, 2);
    const auto status = status_of(builder.record());
    REQUIRE(status.running.size() == 1);
    CHECK(status.running[0].cohort == cohort);
    CHECK(status.running[0].members.size() == 2);
    CHECK(status.running[0].attempt->rank == sweep::Rank(3));
    CHECK(status.running[0].epochs_saved == 2);
}

TEST_CASE("time left follows from finished trials' seconds per multiply-add") {
    RecordBuilder builder;
    // Finished trials took 20 seconds each; two of the same work wait, one has twice the work.
    for (std::int64_t seed = 1; seed <= 2; ++seed) {
        builder.finish(builder.plan(planned("mobilenet", "retina", "random", seed)), 0.8, 0.8);
    }
    CHECK_FALSE(status_of(builder.record()).time_left);
    builder.plan(planned("mobilenet", "retina", "random", 3));
    auto twice = planned("mobilenet", "retina", "random", 4);
    twice.work.multiply_adds *= 2;
    builder.plan(twice);
    const auto left = status_of(builder.record()).time_left;
    REQUIRE(left);
    CHECK(left->seconds == Approx(60));
    CHECK(left->finished == 2);
    CHECK(left->slots == 1);
    CHECK(left->low.value() == Approx(60));
    CHECK(left->high.value() == Approx(60));
}

TEST_CASE("time left: work is divided among slots, never below the longest trial") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    const auto a = builder.plan(planned("mobilenet", "retina", "random", 2));
    const auto b = builder.plan(planned("mobilenet", "retina", "random", 3));
    const auto third = builder.plan(planned("mobilenet", "retina", "random", 4));
    builder.start({a}, 0, 0);
    const auto cohort = builder.start({b}, 1, 0);
    CHECK(status_of(builder.record()).time_left->seconds == Approx(30));
    builder.save(cohort, 2);  // half of its four epochs
    CHECK(status_of(builder.record()).time_left->seconds == Approx(25));
    builder.leave_out(third);
    const auto left = status_of(builder.record()).time_left;
    CHECK(left->seconds == Approx(20));
    CHECK(left->slots == 2);
    CHECK_FALSE(left->low);  // one finished trial has no scatter
}

TEST_CASE("time left: trials that scatter widen the interval") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    auto harder = planned("mobilenet", "retina", "random", 2);
    harder.work.multiply_adds *= 2;  // but the same 20 seconds
    builder.finish(builder.plan(harder), 0.8, 0.8);
    builder.plan(planned("mobilenet", "retina", "random", 3));
    const auto left = status_of(builder.record()).time_left;
    REQUIRE(left);
    // Rates 1 and 1/2 of 20 seconds: mean 3/4, relative deviations 1/3 and -1/3.
    CHECK(left->seconds == Approx(15));
    const double deviation = std::sqrt(2.0 / 9) * std::sqrt(15.0 * 15 + 15.0 * 15 / 2);
    CHECK(left->low.value() == Approx(std::max(0.0, 15 - 2 * deviation)).margin(1e-9));
    CHECK(left->high.value() == Approx(15 + 2 * deviation));
}

TEST_CASE("time left before any trial has finished comes from saves, without an interval") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    const auto cohort = builder.start({id});
    CHECK_FALSE(status_of(builder.record()).time_left);
    builder.save(cohort, 1);  // 10 seconds for one of four epochs
    const auto left = status_of(builder.record()).time_left;
    REQUIRE(left);
    CHECK(left->seconds == Approx(30));
    CHECK(left->finished == 0);
    CHECK_FALSE(left->high);
}

TEST_CASE("a trial whose attempts broke twice is restless until it ends") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    builder.end(builder.start({id}), sweep::Drained{});
    builder.end(builder.start({id}), sweep::Killed{9});
    CHECK(status_of(builder.record()).restless.empty());
    builder.end(builder.start({id}), sweep::Crashed{11, 0});
    CHECK(status_of(builder.record()).restless.size() == 1);
    builder.finish(id, 0.9, 0.9);
    CHECK(status_of(builder.record()).restless.empty());
}

}  // namespace graft::results
