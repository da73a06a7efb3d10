// SPDX-License-Identifier: Apache-2.0
#include "scheduler/simulation.hpp"

#include "scheduler/bench_trials.hpp"
#include "support/catch.hpp"

namespace graft::scheduler {

namespace {

using core::Seconds;

std::vector<sweep::Event> plan_of(std::vector<sweep::PlannedTrial> trials) {
    sweep::Planned planned;
    planned.added = std::move(trials);
    return {planned};
}

// Trials with these lengths in seconds, of one epoch each.
std::vector<sweep::PlannedTrial> trials_of(const std::vector<int>& seconds) {
    auto trials = tests::bench_trials(static_cast<int>(seconds.size()), "d");
    for (std::size_t i = 0; i < trials.size(); ++i) {
        trials[i].work.multiply_adds = seconds[i];
        trials[i].work.epochs = 1;
    }
    return trials;
}

// A trial's multiply-adds of one image are its seconds per epoch.
SimulationModel plain(double prepare = 0) {
    SimulationModel model;
    model.cohort = [](const auto& members, const SlotBefore&) {
        CohortTime time;
        for (const auto* member : members) {
            time.epoch += Seconds(member->work.multiply_adds);
        }
        return time;
    };
    model.prepare = [prepare](const Need&) { return Seconds(prepare); };
    return model;
}

SimulationOptions on_slots(int slots, int ranks = 1) {
    SimulationOptions options;
    options.ranks = ranks;
    options.slots = slots;
    options.device = "one";
    return options;
}

Seconds sum(const Simulated& simulated, Seconds SlotTime::*part) {
    Seconds all{0};
    for (const auto& slot : simulated.slots) {
        all += slot.*part;
    }
    return all;
}

// The time of each slot is accounted for, to the end.
void check_accounts(const Simulated& simulated) {
    for (const auto& slot : simulated.slots) {
        const Seconds all = slot.start + slot.training + slot.saving + slot.lost + slot.waits_data +
                            slot.nothing_left + slot.held_back;
        CHECK(all.count() == Approx(simulated.makespan.count()));
    }
}

}  // namespace

TEST_CASE("the longest trials go first, whatever the order of the file") {
    // By hand: 7 | 6, then 5 at 6 s, 4 at 7 s; 3 ends the shorter: 7 + 4 = 11, 6 + 5 = 11, + 3.
    const auto simulated = simulate(on_slots(2), plain(), {}, plan_of(trials_of({3, 4, 5, 6, 7})));
    CHECK(simulated.makespan.count() == Approx(14));
    CHECK(simulated.finished == 5);
    CHECK(simulated.result.outcome == Outcome::done);
    CHECK(simulated.cohorts == std::map<std::size_t, std::size_t>{{1, 5}});
    CHECK(sum(simulated, &SlotTime::training).count() == Approx(25));
    CHECK(sum(simulated, &SlotTime::nothing_left).count() == Approx(3));
    check_accounts(simulated);
}

TEST_CASE("slots of several ranks work alike") {
    const auto trials = plan_of(trials_of({9, 8, 7, 6, 5, 4}));
    const auto one = simulate(on_slots(3), plain(), {}, trials);
    const auto three = simulate(on_slots(1, 3), plain(), {}, trials);
    CHECK(one.makespan.count() == Approx(13));
    CHECK(three.makespan == one.makespan);
    CHECK(three.slots.size() == 3);
}

TEST_CASE("slots wait for a dataset, and it says so") {
    const auto simulated = simulate(on_slots(2), plain(10), {}, plan_of(trials_of({4, 4})));
    CHECK(simulated.makespan.count() == Approx(14));
    CHECK(simulated.preparing.count() == Approx(10));
    for (const auto& slot : simulated.slots) {
        CHECK(slot.waits_data.count() == Approx(10));
    }
    check_accounts(simulated);
}

TEST_CASE("the next dataset is prepared while the first is trained on") {
    auto trials = trials_of({20, 20});
    trials[1].spec.edit().dataset = "e";
    trials[1].spec.edit().dataset_fingerprint = "print-e";
    const auto simulated = simulate(on_slots(1), plain(10), {}, plan_of(trials));
    CHECK(simulated.makespan.count() == Approx(50));
    check_accounts(simulated);
}

TEST_CASE("starts, saves and what the slot held are asked of the model") {
    auto model = plain();
    std::vector<SlotBefore> asked;
    model.cohort = [&](const auto&, const SlotBefore& before) {
        asked.push_back(before);
        CohortTime time;
        time.start = Seconds(before.trainer_runs ? 1 : 5);
        time.epoch = Seconds(10);
        time.scoring = Seconds(2);
        time.save = Seconds(3);
        return time;
    };
    auto trials = trials_of({3, 2, 1});
    trials[2].spec.edit().dataset = "e";
    trials[2].spec.edit().dataset_fingerprint = "print-e";
    const auto simulated = simulate(on_slots(1), model, {}, plan_of(trials));
    CHECK(simulated.makespan.count() == Approx(5 + 1 + 1 + 3 * 15));
    REQUIRE(asked.size() == 3);
    CHECK_FALSE(asked[0].trainer_runs);
    CHECK_FALSE(asked[0].holds_data);
    CHECK(asked[1].trainer_runs);
    CHECK(asked[1].holds_data);
    CHECK(asked[2].trainer_runs);
    CHECK_FALSE(asked[2].holds_data);
    CHECK(simulated.slots.front().start.count() == Approx(7));
    CHECK(simulated.slots.front().saving.count() == Approx(9));
    check_accounts(simulated);
}

TEST_CASE("a killed trainer's cohort goes on from its last save") {
    auto trials = trials_of({100});
    trials.front().work.epochs = 50;
    auto options = on_slots(1);
    options.killed_every = Seconds(1000);
    const auto simulated = simulate(options, plain(), {}, plan_of(trials));
    CHECK(simulated.finished == 1);
    CHECK(simulated.kills > 0);
    const auto& slot = simulated.slots.front();
    // Saves cost nothing here, so there is one after every epoch: less than one is done again.
    CHECK(slot.lost.count() > 0);
    CHECK(slot.lost.count() < 100.0 * static_cast<double>(simulated.kills));
    CHECK(slot.training.count() == Approx(5000));
    check_accounts(simulated);
}

TEST_CASE("the same simulation gives the same, and another key another") {
    auto trials = trials_of({100, 90, 80, 70, 60, 50, 40, 30});
    auto options = on_slots(3);
    options.noise = 0.2;
    options.killed_every = Seconds(300);
    const auto first = simulate(options, plain(), {}, plan_of(trials));
    const auto again = simulate(options, plain(), {}, plan_of(trials));
    CHECK(first.makespan == again.makespan);
    CHECK(first.kills == again.kills);
    CHECK(first.messages == again.messages);
    options.seed = 2;
    CHECK(simulate(options, plain(), {}, plan_of(trials)).makespan != first.makespan);
}

TEST_CASE("noise leaves the mean as it is") {
    const auto trials = plan_of(trials_of(std::vector<int>(2000, 10)));
    auto options = on_slots(1);
    options.noise = 0.3;
    const auto simulated = simulate(options, plain(), {}, trials);
    CHECK(simulated.makespan.count() == Approx(20'000).epsilon(0.02));
}

TEST_CASE("a sweep that cannot end with every result says what its run would say") {
    // Killed before each first save, again and again: the rule of 20 attempts stops it.
    auto options = on_slots(1);
    options.killed_every = Seconds(0.01);
    const auto simulated = simulate(options, plain(), {}, plan_of(trials_of({1000})));
    CHECK(simulated.finished == 0);
    CHECK(simulated.result.outcome == Outcome::stopped);
    CHECK_THAT(simulated.result.message, ContainsSubstring("20 attempts in a row"));
}

}  // namespace graft::scheduler
