// SPDX-License-Identifier: Apache-2.0
#include "commands/simulate_text.hpp"

#include "support/catch.hpp"

namespace graft::commands {

namespace {

using core::Seconds;

// Two slots for 100 s: one trains all the time but its start and saves, one waits and idles.
SimulationView view() {
    SimulationView view;
    view.sweep = "study";
    view.trials = 3;
    view.slots = 2;
    view.device = "NVIDIA V100";
    view.source = "steps";
    view.assumed = {"nothing fails"};
    view.simulated.makespan = Seconds(100);
    view.simulated.finished = 3;
    view.simulated.cohorts = {{1, 1}, {2, 1}};
    scheduler::SlotTime busy, idle;
    busy.training = Seconds(90);
    busy.start = Seconds(6);
    busy.saving = Seconds(4);
    idle.training = Seconds(50);
    idle.waits_data = Seconds(20);
    idle.nothing_left = Seconds(30);
    view.simulated.slots = {busy, idle};
    view.bound = {Seconds(80), Seconds(60)};
    view.cohorts_bound = {Seconds(70), Seconds(75)};
    view.fifo = Seconds(120);
    return view;
}

}  // namespace

TEST_CASE("a simulation shows its makespan against what no order can beat") {
    const auto text = simulation_text(view());
    CHECK_THAT(text, ContainsSubstring("3 trials of sweep 'study' on 2 slots (1 rank, 2 each)"));
    CHECK_THAT(text, ContainsSubstring("75 s: the longest trial, with all that cohorts can share; "
                                       "the makespan is 1.3333 of it"));
    CHECK_THAT(text, ContainsSubstring("no order without cohorts ends before 80 s"));
    CHECK_THAT(text, ContainsSubstring("1.2000 of the makespan: one trial after the other"));
    CHECK_THAT(text, ContainsSubstring("1 of 1 trial, 1 of 2 trials"));
}

TEST_CASE("a simulation says where the time of its slots goes") {
    const auto text = simulation_text(view());
    CHECK_THAT(text, ContainsSubstring("training                      70.000 %"));
    CHECK_THAT(text, ContainsSubstring("0.1     50.000 % 50 s "));
    CHECK_THAT(text, ContainsSubstring("data not ready 20 s, nothing left to begin 30 s"));
    CHECK_THAT(text, !ContainsSubstring("kills"));
    auto many = view();
    many.simulated.slots.resize(33);
    CHECK_THAT(simulation_text(many), !ContainsSubstring("why idle"));
}

TEST_CASE("a simulation without cohorts to share has one bound") {
    auto alone = view();
    alone.cohorts_bound = alone.bound;
    CHECK_THAT(simulation_text(alone), !ContainsSubstring("cohorts can share"));
    CHECK_THAT(simulation_text(alone),
               ContainsSubstring("all training over 2 slots; the makespan is 1.2500"));
}

TEST_CASE("trials that a simulation leaves without a result are said") {
    auto cut = view();
    cut.simulated.finished = 2;
    cut.simulated.result.message = "20 attempts in a row";
    CHECK_THAT(simulation_text(cut),
               ContainsSubstring("Only 2 of 3 trials end with a result: 20 attempts in a row"));
}

TEST_CASE("a simulation's JSON has every slot") {
    const auto json = simulation_json(view());
    CHECK_THAT(json, ContainsSubstring("\"makespan_seconds\": 100"));
    CHECK_THAT(json, ContainsSubstring("\"bound\": {\"seconds\": 80, \"work_seconds\": 80, "
                                       "\"longest_trial_seconds\": 60, \"ratio\": 1.25}"));
    CHECK_THAT(json, ContainsSubstring("\"waits_data_seconds\": 20, \"nothing_left_seconds\": 30"));
    CHECK_THAT(json, ContainsSubstring("{\"members\": 2, \"attempts\": 1}"));
}

}  // namespace graft::commands
