// SPDX-License-Identifier: Apache-2.0
#include "scheduler/division.hpp"

#include "scheduler/cohort_bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::CohortShape;
using scheduler::split_of;
using scheduler::worth_it;

namespace {

const CohortShape kTwo{{0, 100, 0}, 100, {50, 50}};  // 35,000; one alone: 20,000

// One grid on each of two slots; that of the second has ended, the first has saved `saves` times.
struct Scene {
    Bench bench;
    sweep::Assign runs;

    explicit Scene(std::int64_t saves, double first_batch = 1, double deadline = 0) {
        bench.state.settings.lost_after = core::Seconds(1e9);
        if (deadline > 0) {
            const auto end = bench.moment.now + std::chrono::duration_cast<core::Instant::duration>(
                                                    core::Seconds(deadline));
            bench.state.deadline = scheduler::Deadline(end);
        }
        start_grid(bench, freeze_grids(2, kFreezes), 2);
        const auto places = bench.by_place();
        runs = places.at({0, 0});
        const auto other = places.at({0, 1});
        REQUIRE(runs.members.size() == 7);
        bench.say(0, sweep::Begun{runs.cohort, "cpu", "cpu, 1 thread"});
        bench.tick(first_batch);
        sweep::Progress progress;
        progress.cohort = runs.cohort;
        progress.position = {sweep::Phase::fine_tune, 1, 1, 0};
        bench.say(0, progress);
        for (std::int64_t save = 1; save <= saves; ++save) {
            bench.save(runs, save);
        }
        bench.complete(other);
    }
    std::vector<sweep::Drain> drained() {
        std::vector<sweep::Drain> drains;
        for (const auto& [rank, drain] : bench.take<sweep::Drain>()) {
            drains.push_back(drain);
        }
        return drains;
    }
};

}  // namespace

TEST_CASE("what a split gains, by hand") {
    // A millisecond per multiply-add: 35 s together; alone each takes 20 s, and 5 s to start.
    const auto split = split_of(kTwo, 1e-3, 2, 32, core::Seconds(5));
    CHECK(split.now.count() == Approx(35));
    CHECK(split.after.count() == Approx(25));
    CHECK(split.parts == 2);
    CHECK(worth_it(split, core::Seconds(5)));
    // A start of 12 s leaves 3 s, less than a tenth.
    CHECK_FALSE(worth_it(split_of(kTwo, 1e-3, 2, 32, core::Seconds(12)), core::Seconds(12)));
    // On one slot there is nothing to gain.
    const auto one = split_of(kTwo, 1e-3, 1, 32, core::Seconds(0));
    CHECK(one.parts == 1);
    CHECK_FALSE(worth_it(one, core::Seconds(0)));
    // What shares all its work loses as much by a split as it gains.
    const auto deep = split_of({{0, 100, 0}, 100, {100, 100}}, 1e-3, 2, 32, core::Seconds(0));
    CHECK_FALSE(worth_it(deep, core::Seconds(0)));
}

TEST_CASE("a cohort is divided when a slot idles and nothing waits") {
    Scene scene(2);
    scene.bench.tick(1);
    const auto drains = scene.drained();
    REQUIRE(drains.size() == 1);
    CHECK(drains[0].cohort == scene.runs.cohort);
    CHECK_THAT(scene.bench.line_with("divided"), ContainsSubstring("the cohort of 7 trials"));
    // Once is enough.
    scene.bench.tick(1);
    CHECK(scene.drained().empty());
    scene.bench.save(scene.runs, 3);
    scene.bench.end(scene.runs, sweep::Drained{});
    const auto parts = scene.bench.take<sweep::Assign>();
    REQUIRE(parts.size() == 2);
    CHECK(parts[0].second.members.size() + parts[1].second.members.size() == 7);
    CHECK(parts[1].second.members[0].position == scene.bench.save_of(scene.runs, 3).position);
    const auto& flights = scene.bench.state.flights;
    const double a = flights.at(parts[0].second.cohort).work;
    const double b = flights.at(parts[1].second.cohort).work;
    CHECK(std::max(a, b) < 0.62 * (a + b));
    for (const auto& member : scene.runs.members) {
        CHECK(scheduler::attempts_since_save(*scene.bench.state.record.find(member.trial)).size() ==
              1);  // the new one: nothing is charged
    }
    // Both run and no slot idles: nothing more is divided.
    scene.bench.tick(1);
    CHECK(scene.drained().empty());
}

TEST_CASE("no cohort is divided before its first save, or for what a start costs") {
    Scene unsaved(0);
    unsaved.bench.tick(1);
    CHECK(unsaved.drained().empty());
    Scene nearly_done(49, 30);  // one epoch of ten seconds a member is left; a start takes 60
    nearly_done.bench.tick(1);
    CHECK(nearly_done.drained().empty());
    Scene slow_start(2, 5000);
    slow_start.bench.tick(1);
    CHECK(slow_start.drained().empty());
}

TEST_CASE("no cohort is divided while something waits, or where the job ends too soon") {
    Scene scene(2, 1, 60);
    scene.bench.tick(38);  // what is divided needs its first save before 45 s
    CHECK(scene.drained().empty() == false);
    Scene late(2, 4, 60);  // starts take 8 s
    late.bench.tick(35);   // at 39 s
    CHECK(late.drained().empty());
}

TEST_CASE("only the cohort that ends last is divided") {
    Bench bench;
    bench.state.settings.lost_after = core::Seconds(1e9);
    auto planned = freeze_grids(1, kFreezes);
    for (auto& trial : Bench::trials(2)) {
        trial.spec.seed += 10;
        trial.work.multiply_adds = 1e9;  // alone, and much longer
        planned.push_back(trial);
    }
    start_grid(bench, planned, 3);
    std::vector<sweep::Assign> alone;
    sweep::Assign cohort;
    for (const auto& [rank, assign] : bench.take<sweep::Assign>()) {
        (assign.members.size() > 1 ? cohort : alone.emplace_back()) = assign;
    }
    REQUIRE(alone.size() == 2);
    REQUIRE(cohort.members.size() == 7);
    bench.save(cohort, 1);
    bench.save(alone[0], 1);
    bench.complete(alone[1]);
    bench.tick(1);
    CHECK(bench.take<sweep::Drain>().empty());
}
