// SPDX-License-Identifier: Apache-2.0
// The table of scheduler/retry.hpp, by the reactor: trials, slots, ranks, and the whole sweep.
#include "scheduler/bench.hpp"
#include "scheduler/slots.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;

TEST_CASE("a trial that crashed goes to another host, then to another slot, then back") {
    Bench bench(2);
    bench.start_ready(1, 2);
    const auto first = bench.take<sweep::Assign>().at(0);
    bench.end(first.second, sweep::Crashed{11, 0}, first.first.value);
    const auto second = bench.take<sweep::Assign>().at(0);
    CHECK(second.first != first.first);
    bench.end(second.second, sweep::Crashed{11, 0}, second.first.value);
    const auto third = bench.take<sweep::Assign>().at(0);
    const bool at_first = third.first == first.first && third.second.slots == first.second.slots;
    const bool at_second = third.first == second.first && third.second.slots == second.second.slots;
    CHECK_FALSE(at_first);
    CHECK_FALSE(at_second);
}

TEST_CASE("a slot is not left idle for trials that crashed on it") {
    Bench bench;
    bench.start_ready(3, 2);
    auto both = bench.by_place();
    REQUIRE(both.size() == 2);
    // Slot 1 stays busy; on slot 0 the first trial crashes, then the third, and both wait.
    bench.end(both.at({0, 0}), sweep::Crashed{11, 0});
    const auto third = bench.assigned();
    CHECK(third.members[0].trial != both.at({0, 0}).members[0].trial);
    bench.end(third, sweep::Crashed{11, 0});
    CHECK(bench.assigned().slots == std::vector<Slot>{Slot(0)});
}

TEST_CASE("crashes before a retry on request count no more") {
    Bench bench;
    bench.start_ready(1);
    const auto crash = [&] { bench.end(bench.assigned(), sweep::Crashed{6, 0}); };
    crash();
    crash();
    const auto last = bench.assigned();
    bench.end(last, sweep::InputFault{"wrong"});
    auto again = bench.next_start();
    again.state.record.apply(sweep::TrialRetried{bench.moment.wall, last.members[0].trial});
    again.start_ready(1);
    for (int i = 1; i <= 3; ++i) {
        CHECK(again.count<sweep::TrialFailed>() == 0);
        again.end(again.assigned(), sweep::Crashed{6, 0});
    }
    CHECK(again.count<sweep::TrialFailed>() == 1);
}

TEST_CASE("a slot on which three attempts in a row were killed gets no work while others can") {
    Bench bench(2);
    bench.start_ready(9);
    bench.state.settings.lost_after = core::Seconds(1e9);
    for (int i = 0; i < 3; ++i) {
        bench.tick(10);
        const Ending ending = i == 1 ? Ending(sweep::Hung{600}) : Ending(sweep::Killed{9});
        for (const auto& [cohort, flight] : std::map(bench.state.flights)) {
            if (flight.rank == Rank(0)) {
                bench.say(0, Ended{cohort, ending});
            }
        }
    }
    CHECK(bench.slot(0, 0).charges == 3);
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    CHECK(bench.state.flights.size() == 1);
    CHECK(bench.state.flights.begin()->second.rank == Rank(1));
    CHECK_THAT(bench.line_with("gets no work"), ContainsSubstring("3 attempts in a row"));
    SECTION("it does again when no other is left") {
        bench.say(1, sweep::SlotLost{Slot(0), "asked to stop"});
        CHECK(bench.state.flights.size() == 2);
    }
}

TEST_CASE("a save clears the charges of its slot") {
    Bench bench;
    bench.start_ready(2);
    bench.end(bench.assigned(), sweep::Killed{9});
    CHECK(bench.slot(0, 0).charges == 1);
    bench.save(bench.assigned(), 1);
    CHECK(bench.slot(0, 0).charges == 0);
}

TEST_CASE("several trainers lost within 5 s are one loss of their node") {
    Bench bench(2);
    bench.start_ready(40, 3);
    bench.state.settings.lost_after = core::Seconds(1e9);
    for (int loss = 1; loss <= 3; ++loss) {
        for (const auto& [cohort, flight] : std::map(bench.state.flights)) {
            if (flight.rank == Rank(0)) {
                bench.tick(0.5);
                bench.say(0, Ended{cohort, sweep::Killed{9}});
            }
        }
        CHECK(bench.state.ranks.at(Rank(0)).charges == loss);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(bench.slot(0, i).charges == 0);
        }
        CHECK(scheduler::attempts_without_save(bench.state.record) == loss);
        bench.tick(6);
    }
    CHECK_THAT(bench.line_with("one loss"), ContainsSubstring("rank 0 on host0"));
    // But for the one that was assigned between the first and the second kill.
    const auto here = std::count_if(bench.state.flights.begin(), bench.state.flights.end(),
                                    [](const auto& f) { return f.second.rank == Rank(0); });
    CHECK(here == 1);
    CHECK(bench.state.flights.size() == 4);
}

TEST_CASE("kills of one slot in quick succession are each counted") {
    Bench bench;
    bench.start_ready(4, 2);
    for (int i = 0; i < 4; ++i) {
        for (const auto& [cohort, flight] : std::map(bench.state.flights)) {
            if (flight.slots.at(0) == Slot(0)) {
                bench.tick(0.1);
                bench.say(0, Ended{cohort, sweep::Killed{9}});
            }
        }
    }
    CHECK(bench.slot(0, 0).charges == 3);
    CHECK(scheduler::attempts_without_save(bench.state.record) == 3);
}

TEST_CASE("a full disk says what is free, what is needed, and what to type") {
    Bench bench;
    bench.start_ready(2, 2);
    bench.state.settings.free_bytes = [] { return std::uint64_t(3) << 20; };
    auto running = bench.by_place();
    auto saved = bench.save_of(running.at({0, 0}), 1);
    saved.members[0].files[0].bytes = 50 << 20;
    bench.say(0, saved);
    bench.end(running.at({0, 0}), sweep::NoSpace{"cannot write 'x'"});
    const auto message = scheduler::result_of(bench.state).message;
    CHECK_THAT(message, ContainsSubstring("cannot write 'x'"));
    CHECK_THAT(message, ContainsSubstring("3.0 MiB are free in '/sweep'"));
    CHECK_THAT(message, ContainsSubstring("about 100.0 MiB"));
    CHECK_THAT(message, ContainsSubstring("graft clean /sweep"));
}

namespace {

// Starts and, as its launcher does, starts again after each attempt, until a start stops itself.
int attempts_over_starts(const std::function<void(Bench&, const sweep::Assign&)>& leave) {
    Bench bench;
    for (int attempts = 0; attempts < 50; ++attempts) {
        bench.start_ready(1);
        const auto assigns = bench.take<sweep::Assign>();
        if (assigns.empty()) {
            CHECK(scheduler::result_of(bench.state).outcome == Outcome::stopped);
            return attempts;
        }
        leave(bench, assigns[0].second);
        bench = bench.next_start();
    }
    return 50;
}

}  // namespace

TEST_CASE("attempts without a save are counted over starts") {
    const auto killed = [](Bench& bench, const sweep::Assign& assign) {
        bench.tick(4);
        bench.end(assign, sweep::Killed{9});
    };
    // The second attempt of each start is left open by the next.
    CHECK(attempts_over_starts(killed) == 20);
    const auto saved = [&](Bench& bench, const sweep::Assign& assign) {
        bench.save(assign, 1);
        killed(bench, assign);
    };
    CHECK(attempts_over_starts(saved) == 50);
    const auto drained = [&](Bench& bench, const sweep::Assign& assign) {
        killed(bench, assign);
        bench.state.record.apply(sweep::Closed{bench.moment.wall, "drained"});
    };
    CHECK(attempts_over_starts(drained) == 20);
}

TEST_CASE("who was told of twenty attempts without a save, and runs again, gets twenty more") {
    Bench bench;
    bench.start_ready(30);
    while (!bench.state.stop) {
        bench.end(bench.assigned(), sweep::Killed{9});
    }
    bench.say(0, sweep::Left{});
    CHECK(std::get<sweep::Closed>(bench.events.back()).reason == "stopped");
    auto again = bench.next_start();
    again.start_ready(30);
    CHECK(again.take<sweep::Assign>().size() == 1);
    CHECK_FALSE(again.state.stop);
}

TEST_CASE("what ended for no fault of the sweep does not count towards the twenty") {
    Bench bench;
    bench.start_ready(1);
    bench.state.settings.lost_after = core::Seconds(1e9);
    for (const Ending& ending :
         {Ending(sweep::Drained{}), Ending(sweep::CoordinatorLost{}), Ending(sweep::DeviceBusy{}),
          Ending(sweep::Killed{9}), Ending(sweep::Crashed{6, 0})}) {
        bench.end(bench.assigned(), ending);
        bench.tick(100);
    }
    CHECK(scheduler::attempts_without_save(bench.state.record) == 2);
}

TEST_CASE("a rank that is asked to stop is said once, whatever slots it has") {
    Bench bench;
    bench.start_ready(1, 3);
    for (int slot = 0; slot < 3; ++slot) {
        bench.say(0, sweep::SlotLost{sweep::Slot(slot), std::string(scheduler::kRankAsked)});
    }
    CHECK_THAT(bench.line_with("was asked to stop"), ContainsSubstring("rank 0 on "));
    CHECK(std::count_if(bench.state.lines.begin(), bench.state.lines.end(), [](const auto& line) {
              return line.find("no more work") != line.npos;
          }) == 1);
    CHECK(bench.gone(0, 2));
}
