// SPDX-License-Identifier: Apache-2.0
// How well a grid like the source study's fills sixteen slots, by the reactor's own decisions: each
// cohort takes as long as its work.
#include "scheduler/cohort_bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

constexpr int kSlots = 16;
constexpr double kRate = 1e9;  // multiply-adds in a second

// Four networks of very different cost on two datasets: seven freeze levels and two single trials
// of each seed.
std::vector<sweep::PlannedTrial> study(int seeds) {
    std::vector<sweep::PlannedTrial> planned;
    int network = 0;
    for (const double cost : {5.7, 3.5, 2.9, 0.6}) {
        ++network;
        for (const std::string dataset : {"d", "e"}) {
            for (int seed = 1; seed <= seeds; ++seed) {
                auto grid = freeze_grid({100, 75, 50, 30, 20, 10, 0}, seed, dataset);
                for (int single = 1; single <= 2; ++single) {
                    grid.push_back(freeze_grid({0}, seed + 100 * single, dataset).front());
                }
                for (auto& trial : grid) {
                    trial.spec.edit().network = "net" + std::to_string(network);
                    trial.work.multiply_adds *= cost * 1e3;
                    trial.work.frozen_multiply_adds *= cost * 1e3;
                    planned.push_back(trial);
                }
            }
        }
    }
    return planned;
}

struct Outcome {
    double makespan = 0, work = 0;  // seconds; of all slots
    double least = 0;               // work of all slots, with everything shared that can be
};

// Runs to the end; every cohort with one save, its last.
Outcome run(scheduler::Cohorts cohorts, int seeds) {
    scheduler::Settings settings;
    settings.cohorts = cohorts;
    Bench bench(1, settings);
    bench.state.settings.lost_after = core::Seconds(1e12);
    bench.start(study(seeds));
    Outcome outcome;
    for (const auto& [its_class, waiting] : bench.state.queue.classes()) {
        outcome.least += waiting.work / kRate;
    }
    bench.make_ready("d");
    bench.make_ready("e");
    bench.hello(0, kSlots);
    std::multimap<double, sweep::Assign> ends;
    while (true) {
        for (const auto& [rank, assign] : bench.take<sweep::Assign>()) {
            const double seconds = bench.state.flights.at(assign.cohort).work / kRate;
            ends.emplace(outcome.makespan + seconds, assign);
            outcome.work += seconds;
        }
        if (ends.empty()) {
            return outcome;
        }
        const auto [end, assign] = *ends.begin();
        ends.erase(ends.begin());
        const double seconds = bench.state.flights.at(assign.cohort).work / kRate;
        bench.tick(end - outcome.makespan);
        outcome.makespan = end;
        auto saved = bench.save_of(assign, 1, true);
        for (auto& member : saved.members) {
            member.seconds = seconds / static_cast<double>(saved.members.size());
        }
        bench.say(0, saved);
        bench.end(assign, sweep::Completed{});
    }
}

}  // namespace

TEST_CASE("cohorts shorten a study by what they share, and leave no slot idle at its end") {
    const auto together = run(scheduler::Cohorts::formed, 3);
    const auto alone = run(scheduler::Cohorts::off, 3);
    // No slots could do it in less than their share of the least work.
    CHECK(together.makespan < 1.02 * together.least / kSlots);
    CHECK(alone.makespan < 1.02 * alone.least / kSlots);
    CHECK(alone.work == Approx(alone.least));
    CHECK(together.makespan < 0.92 * alone.makespan);
}
