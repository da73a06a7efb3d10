// SPDX-License-Identifier: Apache-2.0
#include "scheduler/idle_clock.hpp"

#include "support/catch.hpp"

namespace graft::scheduler {

using core::Seconds;

TEST_CASE("a slot idles for the reason of the time, and not while it works") {
    IdleClock clock(2);
    clock.reason(IdleFor::data);
    clock.pass(Seconds(5));
    clock.begin_work(0);
    CHECK(clock.any_idle());
    clock.pass(Seconds(3));
    clock.begin_work(1);
    CHECK_FALSE(clock.any_idle());
    clock.pass(Seconds(100));
    clock.reason(IdleFor::nothing_left);
    clock.end_work(0);
    clock.pass(Seconds(7));
    CHECK(clock.idled(0, IdleFor::data) == Seconds(5));
    CHECK(clock.idled(0, IdleFor::nothing_left) == Seconds(7));
    CHECK(clock.idled(1, IdleFor::data) == Seconds(8));
    CHECK(clock.idled(1, IdleFor::nothing_left) == Seconds(0));
    clock.pass(Seconds(1));
    CHECK(clock.idled(0, IdleFor::nothing_left) == Seconds(8));
    CHECK(clock.idled(0, IdleFor::held_back) == Seconds(0));
}

}  // namespace graft::scheduler
