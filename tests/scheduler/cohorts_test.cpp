// SPDX-License-Identifier: Apache-2.0
// Cohorts, by the reactor: which trials go together, and what becomes of them when they end.
#include <numeric>

#include "scheduler/cohort_bench.hpp"
#include "scheduler/together.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Cohorts;

namespace {

Bench with_grids(int seeds, int slots, scheduler::Settings settings = {}) {
    Bench bench(1, std::move(settings));
    start_grid(bench, freeze_grids(seeds, kFreezes), slots);
    return bench;
}

std::vector<std::size_t> sizes(const std::vector<std::pair<Rank, sweep::Assign>>& assigns) {
    std::vector<std::size_t> found;
    for (const auto& [rank, assign] : assigns) {
        found.push_back(assign.members.size());
    }
    return found;
}

}  // namespace

TEST_CASE("what differs above its frozen layers alone is trained together") {
    Bench bench = with_grids(3, 1);
    const auto first = bench.assigned();
    CHECK(freezes_of(first) == std::vector<double>{5, 10, 20, 30, 50, 75, 100});
    for (const auto& member : first.members) {
        CHECK(member.spec.seed == first.members[0].spec.seed);
    }
    bench.complete(first);
    CHECK(bench.assigned().members.size() == 7);
    CHECK(bench.count<sweep::AttemptStarted>() == 2);
}

TEST_CASE("a sweep file can turn cohorts off") {
    scheduler::Settings settings;
    settings.cohorts = Cohorts::off;
    Bench bench = with_grids(3, 2, settings);
    CHECK(sizes(bench.take<sweep::Assign>()) == std::vector<std::size_t>{1, 1});
}

TEST_CASE("while slots would idle, trials are spread") {
    Bench bench = with_grids(1, 16);
    auto found = sizes(bench.take<sweep::Assign>());
    CHECK(found.size() >= 4);
    CHECK(found.front() == 1);
    CHECK(std::accumulate(found.begin(), found.end(), std::size_t{0}) == 7);
    CHECK(bench.state.queue.empty());
    // Two slots share one grid about evenly.
    Bench two = with_grids(1, 2);
    const auto assigns = two.take<sweep::Assign>();
    REQUIRE(assigns.size() == 2);
    const double a = two.state.flights.at(assigns[0].second.cohort).work;
    const double b = two.state.flights.at(assigns[1].second.cohort).work;
    CHECK(std::max(a, b) < 0.62 * (a + b));
    CHECK(two.state.queue.empty());
}

TEST_CASE("ranks that have not said hello count among the slots") {
    Bench bench(4);
    bench.start(freeze_grid(kFreezes));
    bench.make_ready();
    bench.hello(0, 4);
    // 16 slots are to come, 4 are there: no cohort is longer than the longest trial needs.
    for (const auto& [rank, assign] : bench.take<sweep::Assign>()) {
        CHECK(bench.state.flights.at(assign.cohort).work <=
              1.02 * bench.state.flights.begin()->second.work);
        CHECK(assign.members.size() < 5);
    }
}

TEST_CASE("the longest cohort goes first, also before single trials that are longer than its own") {
    Bench bench;
    auto planned = Bench::trials(1);
    planned[0].work.multiply_adds = 1.5e6;  // longer than any one member
    for (auto& trial : freeze_grids(2, kFreezes)) {
        planned.push_back(trial);
    }
    start_grid(bench, planned, 1);
    CHECK(bench.assigned().members.size() == 7);
}

TEST_CASE("a trial that shares next to nothing is left alone") {
    Bench bench;
    start_grid(bench, freeze_grids(4, {0, 0.5, 50, 75}), 1);
    CHECK(freezes_of(bench.assigned()) == std::vector<double>{50, 75});
}

TEST_CASE("after a cohort was out of memory its members go in halves, then alone, then fail") {
    Bench bench = with_grids(9, 1);
    const bool host = GENERATE(false, true);
    const Ending ending =
        host ? Ending(sweep::HostOutOfMemory{"limit"}) : Ending(sweep::DeviceOutOfMemory{"full"});
    bench.state.settings.lost_after = core::Seconds(1e9);
    std::map<std::size_t, int> found;
    std::int64_t seed = 0;
    while (!bench.state.stop && bench.count<sweep::TrialFailed>() == 0) {
        const auto assign = bench.assigned();
        seed = seed == 0 ? assign.members[0].spec.seed : seed;
        if (assign.members[0].spec.seed == seed) {
            ++found[assign.members.size()];
            bench.tick(10);
            bench.end(assign, ending);
            CHECK_FALSE(bench.gone(0, 0));
        } else {
            bench.complete(assign);
        }
    }
    CHECK(found.at(7) == 1);
    CHECK(found.count(4) + found.count(5) + found.count(6) == 0);
    CHECK(found.at(1) == 1);
    if (host) {
        CHECK_THAT(scheduler::result_of(bench.state).message, ContainsSubstring("--mem"));
    } else {
        CHECK(bench.count<sweep::TrialFailed>() == 1);
        CHECK_THAT(bench.line_with("failed:"), ContainsSubstring("does not fit"));
    }
}

TEST_CASE("how many fit is remembered over starts, and forgotten at a retry") {
    Bench bench = with_grids(1, 1);
    const auto first = bench.assigned();
    REQUIRE(first.members.size() == 7);
    bench.end(first, sweep::DeviceOutOfMemory{"full"});
    auto again = bench.next_start();
    start_grid(again, freeze_grid(kFreezes), 1);
    CHECK(again.assigned().members.size() <= 3);
    auto third = bench.next_start();
    for (const auto& member : first.members) {
        third.state.record.apply(sweep::TrialRetried{bench.moment.wall, member.trial});
    }
    for (const auto& member : first.members) {
        CHECK(scheduler::most_together(*third.state.record.find(member.trial)) ==
              scheduler::kMostMembers);
    }
}

TEST_CASE("after a crash of a cohort its members go on alone, and one of them fails alone") {
    Bench bench = with_grids(1, 1);
    const auto first = bench.assigned();
    const TrialId poison = first.members[2].trial;
    const Ending ending = GENERATE(Ending(sweep::Crashed{11, 0}), Ending(sweep::InputFault{"bad"}));
    bench.end(first, ending);
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    int alone = 0;
    while (!bench.state.stop) {
        const auto assign = bench.assigned();
        REQUIRE(assign.members.size() == 1);
        ++alone;
        if (assign.members[0].trial == poison) {
            bench.end(assign, ending);
        } else {
            bench.complete(assign);
        }
    }
    // Three crashes in a row, the cohort's among them, or one error of the input.
    CHECK(alone == 6 + (std::holds_alternative<sweep::Crashed>(ending) ? 2 : 1));
    CHECK(bench.count<sweep::TrialFailed>() == 1);
    CHECK(bench.state_of(poison) == "failed");
}

TEST_CASE("who saved since a crash of the cohort may go with others again") {
    Bench bench = with_grids(1, 1);
    bench.end(bench.assigned(), sweep::Hung{600});
    const auto alone = bench.assigned();
    REQUIRE(alone.members.size() == 1);
    const auto most = [&] {
        return scheduler::most_together(*bench.state.record.find(alone.members[0].trial));
    };
    CHECK(most() == 1);
    bench.save(alone, 1);
    CHECK(most() == scheduler::kMostMembers);
    // Until it crashes again.
    bench.end(alone, sweep::Crashed{11, 0});
    CHECK(most() == 1);
}

TEST_CASE("members that stand at different positions do not go together") {
    Bench bench = with_grids(1, 1);
    const auto first = bench.assigned();
    bench.save(first, 1);
    bench.end(first, sweep::Drained{});
    const auto all = bench.assigned();
    CHECK(all.members.size() == 7);
    CHECK(all.members[0].position == bench.save_of(first, 1).position);
    // One of them has gone further than the others.
    auto ahead = all;
    ahead.members.resize(1);
    bench.save(ahead, 2, true);
    auto left = all;
    left.members.erase(left.members.begin());
    bench.save(left, 3);
    bench.end(all, sweep::Killed{9});
    const auto rest = bench.assigned();
    CHECK(rest.members.size() == 6);
    CHECK(rest.members[0].position->epoch == 4);
}

TEST_CASE("memory bounds how many go together") {
    scheduler::TrainerMemory memory;
    sweep::Trial plain, adam;
    plain.work.trainable_parameters = 1'000'000;  // with Adam 16 MB on the device, else 8
    plain.work.weight_bytes = 4'000'000;
    adam = plain;
    plain.spec.edit().training.optimizer = sweep::Optimizer::sgd;
    plain.spec.edit().training.update.momentum = 0;
    const auto fitting = [&] { return scheduler::fitting_members(memory, {&plain, &adam}); };
    CHECK(fitting() == scheduler::kMostMembers);
    memory.device_bytes = 100e6;  // half of them for further members
    CHECK(fitting() == 4);
    CHECK(scheduler::fitting_members(memory, {&plain, &plain}) == 7);
    memory.host_bytes = 17e6;
    CHECK(fitting() == 3);
    memory.device_bytes.reset();  // on processors the host holds it all: 20 MB each
    memory.host_bytes = 45e6;
    CHECK(fitting() == 2);
    memory.host_bytes = 1;
    CHECK(fitting() == 1);
    scheduler::Settings settings;
    settings.memory.device_bytes = 1e6;  // 95,000 parameters: 1.5 MB
    Bench bench = with_grids(9, 1, settings);
    CHECK(bench.assigned().members.size() == 1);
}

TEST_CASE("a cohort is admitted before a deadline with the save of all its members") {
    scheduler::Deadline deadline(core::Instant{} + std::chrono::seconds(1000));
    const scheduler::TrialClass its_class{{"d", "p", 32}, "net", std::nullopt, 1};
    deadline.learn_begin(its_class, core::Seconds(100));
    deadline.learn_save(core::Seconds(10));
    CHECK(deadline.to_first_save(its_class, 7) == core::Seconds(270));
    deadline.learn_save(core::Seconds(21), 7);
    CHECK(deadline.to_first_save(its_class, 7) == core::Seconds(270));
    CHECK(deadline.to_first_save(its_class) == core::Seconds(221));
    CHECK(*deadline.drain_at(7) == core::Instant{} + std::chrono::seconds(1000 - 15 - 280));
    // At 400 s seven would end their first save at 670, before 705; at 450 s two: 671 of 901.
    CHECK(deadline.admits(its_class, core::Instant{} + std::chrono::seconds(430), 7));
    CHECK_FALSE(deadline.admits(its_class, core::Instant{} + std::chrono::seconds(440), 7));
    CHECK(deadline.admits(its_class, core::Instant{} + std::chrono::seconds(440), 2));
}

TEST_CASE("a cohort teaches what its work takes as a whole") {
    Bench bench = with_grids(1, 1);
    const auto assign = bench.assigned();
    const auto& flight = bench.state.flights.at(assign.cohort);
    const double all = flight.work;
    bench.say(0, sweep::Begun{assign.cohort, "cpu", "cpu, 1 thread"});
    bench.save(assign, 1);  // ten seconds for each member
    const double first = all - flight.work;
    const auto learned =
        bench.state.costs.estimate(flight.its_class, bench.slot(0, 0).info.device_name);
    REQUIRE(learned);
    CHECK(learned->from == scheduler::LearnedFrom::its_class);
    CHECK(learned->seconds_per_multiply_add == Approx(70 / first));
    // Some end before others: that is one figure, too, when all have ended.
    auto some = assign, others = assign;
    some.members.resize(3);
    others.members.erase(others.members.begin(), others.members.begin() + 3);
    const auto its_class = flight.its_class;  // the last save ends the flight
    bench.save(some, 2, true);
    CHECK(bench.state.costs.estimate(its_class, "")->figures == learned->figures);
    bench.save(others, 3, true);
    CHECK(bench.state.costs.estimate(its_class, "")->figures == learned->figures + 1);
    bench.end(assign, sweep::Completed{});
    // From the record alone the next start learns the same, of the whole.
    scheduler::CostModel model;
    model.learn(bench.state.record);
    CHECK(
        model.estimate(scheduler::TrialClass{{"d", "print-d", 32}, "net", std::nullopt, 1}, "cpu")
            ->seconds_per_multiply_add == Approx(140 / all));
}
