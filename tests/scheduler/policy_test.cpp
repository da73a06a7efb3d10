// SPDX-License-Identifier: Apache-2.0
#include "scheduler/policy.hpp"

#include <cmath>

#include "scheduler/cohort_bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

// Dataset e's trials are `share` as long as d's.
std::vector<sweep::PlannedTrial> two_datasets(double share) {
    auto planned = Bench::trials(2, "d");
    for (auto trial : Bench::trials(2, "e")) {
        trial.work.multiply_adds *= share;
        planned.push_back(trial);
    }
    return planned;
}

std::string next_dataset(double share) {
    Bench bench;
    bench.start(two_datasets(share));
    bench.make_ready("d");
    bench.make_ready("e");
    bench.hello(0, 1);
    bench.complete(bench.assigned());
    return bench.assigned().members.at(0).spec->dataset;
}

}  // namespace

TEST_CASE("a slot stays with its dataset unless much longer work waits") {
    CHECK(next_dataset(0.99) == "d");
    CHECK(next_dataset(1.5) == "e");
    CHECK(next_dataset(0.3) == "d");
}

TEST_CASE("a trial that ends last goes before a cohort that is longer, and is divided") {
    Bench bench;
    auto planned = freeze_grid(kFreezes);
    planned.push_back(freeze_grid({0}, 2).front());
    planned.back().work.multiply_adds *= 1.6;
    start_grid(bench, planned, 4);
    const auto assigns = bench.by_place();
    REQUIRE(assigns.size() == 4);
    CHECK(assigns.at({0, 0}).members.at(0).spec.seed == 2);
    CHECK(assigns.at({0, 1}).members.at(0).spec.seed == 1);
}

TEST_CASE("the dataset of the longest trial is prepared first, then the one with the most work") {
    Bench bench;
    auto planned = Bench::trials(5, "d");
    planned.push_back(Bench::trials(1, "e").front());
    planned.back().work.multiply_adds = planned.front().work.multiply_adds * 1.1;
    planned.push_back(Bench::trials(1, "f").front());
    bench.start(planned);
    const auto first = [&] {
        const auto needs = bench.outbox.take_needs();
        REQUIRE(needs.size() == 1);
        return needs.front().dataset;
    };
    CHECK(first() == "e");
    bench.make_ready("e");
    CHECK(first() == "d");
    bench.make_ready("d");
    CHECK(first() == "f");
}

TEST_CASE("a long trial of another dataset goes before short ones of the held one") {
    Bench bench;
    auto planned = two_datasets(0.9);
    planned[1].work.multiply_adds = 1;
    bench.start(planned);
    bench.make_ready("d");
    bench.make_ready("e");
    bench.hello(0, 1);
    bench.complete(bench.assigned());
    CHECK(bench.assigned().members.at(0).spec->dataset == "e");
}

TEST_CASE("a trial over several slots waits for enough of one rank, and is not starved") {
    Bench bench;
    auto planned = Bench::trials(4);
    planned[1].spec.edit().training.gpus_per_trial = 2;
    planned[1].work.multiply_adds = planned[0].work.multiply_adds * 0.9;
    bench.start(planned);
    bench.make_ready();
    bench.hello(0, 2);
    const auto first = bench.assigned();
    CHECK(first.members[0].spec.seed == 1);
    bench.complete(first);
    const auto wide = bench.assigned();
    CHECK(wide.members[0].spec.seed == 2);
    CHECK(wide.slots.size() == 2);
    bench.complete(wide);
    CHECK(bench.take<sweep::Assign>().size() == 2);
}

TEST_CASE("a trial over more slots than any rank has stops the sweep with the reason") {
    Bench bench;
    auto planned = Bench::trials(1);
    planned[0].spec.edit().training.gpus_per_trial = 4;
    bench.start(planned);
    bench.make_ready();
    bench.hello(0, 2);
    CHECK(scheduler::result_of(bench.state).outcome == scheduler::Outcome::input_error);
}

TEST_CASE("what has been learned about a network outweighs its multiply-adds") {
    scheduler::CostModel costs;
    const scheduler::TrialClass slow{{"d", "p", 32}, "slow", 0, 1};
    const scheduler::TrialClass fast{{"d", "p", 32}, "fast", 0, 1};
    CHECK_FALSE(costs.seconds_per_multiply_add(slow, "cpu"));
    costs.learn(slow, "cpu", 100, 50);
    CHECK(costs.seconds_per_multiply_add(fast, "cpu") == 0.5);
    costs.learn(fast, "cpu", 100, 1);
    CHECK(costs.seconds_per_multiply_add(fast, "cpu") == 0.01);
    CHECK(costs.seconds_per_multiply_add(slow, "cpu") == 0.5);
    CHECK(costs.seconds_per_multiply_add(slow, "gpu").has_value());
}

TEST_CASE("a trial on several slots is taken to be so many times as fast, until it was seen") {
    scheduler::CostModel costs;
    scheduler::TrialClass trials{{"d", "p", 32}, "net", 0, 1};
    costs.learn(trials, "cpu", 100, 50);
    trials.slots = 4;
    CHECK(costs.seconds_per_multiply_add(trials, "cpu") == 0.125);
}

TEST_CASE("a time that is no number, or endless, teaches nothing") {
    scheduler::CostModel costs;
    const scheduler::TrialClass trials{{"d", "p", 32}, "net", 0, 1};
    costs.learn(trials, "cpu", 100, 50);
    costs.learn(trials, "cpu", 100, INFINITY);
    costs.learn(trials, "cpu", 100, NAN);
    costs.learn(trials, "cpu", 1e-300, 1e300);
    CHECK(costs.seconds_per_multiply_add(trials, "cpu") == 0.5);
}
