// SPDX-License-Identifier: Apache-2.0
#include "scheduler/verdicts.hpp"

#include <algorithm>
#include <functional>
#include <map>

#include "core/random.hpp"

#include "scheduler/bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

const std::string kAsha =
    "[stopping]\nstop = \"asha\"\nover = [\"seed\"]\nreduction = 3\nfirst_rung = 2\n";
const std::string kPatience = "[stopping]\nstop = \"patience\"\npatience = 3\n";

// Trials of seeds 1, 2, ... of 12 epochs without a warm-up.
std::vector<sweep::PlannedTrial> trials(int count) {
    auto planned = Bench::trials(count);
    for (auto& trial : planned) {
        trial.spec.edit().training.warmup_epochs = 0;
        trial.spec.edit().training.epochs = 12;
        trial.work.epochs = 12;
    }
    return planned;
}

void begin(Bench& bench, const std::vector<sweep::Event>& plan, int slots = 1) {
    on_start(
        bench.state, bench.outbox, plan, [](const sweep::DatasetReady&) { return false; },
        bench.moment);
    bench.settle();
    bench.make_ready();
    bench.hello(0, slots);
}

void start(Bench& bench, const std::vector<sweep::PlannedTrial>& planned, const std::string& file,
           int slots) {
    bench.state.record.apply(sweep::Started{});
    sweep::Planned plan;
    plan.added = planned;
    plan.sweep_file = file;
    begin(bench, {plan}, slots);
}

// A save at the end of `epoch`, with the epochs' validations since the last one.
sweep::Saved save_at(const Bench& bench, const sweep::Assign& assign, std::int64_t number,
                     std::int32_t epoch,
                     const std::function<double(const TrialId&, std::int32_t)>& value) {
    sweep::Saved saved;
    saved.cohort = assign.cohort;
    saved.save = number;
    saved.position = {sweep::Phase::fine_tune, epoch + 1, 0, 10 * epoch};
    for (const auto& member : assign.members) {
        const auto& trial = *bench.state.record.find(member.trial);
        if (sweep::result_of(trial.state)) {
            continue;
        }
        sweep::MemberSave save;
        save.trial = member.trial;
        save.best = trial.best;
        for (auto at = static_cast<std::int32_t>(trial.rows.size()) + 1; at <= epoch; ++at) {
            sweep::EpochRow row;
            row.phase = sweep::Phase::fine_tune;
            row.epoch = at;
            row.validation.auc = value(member.trial, at);
            save.rows.push_back(row);
            if (!save.best || row.validation.auc > save.best->validation.auc) {
                save.best = sweep::Best{row.phase, at, row.validation};
            }
        }
        save.seconds = 1;
        saved.members.push_back(save);
    }
    return saved;
}

// Ends members where their last save left them.
sweep::Saved results_of(const Bench& bench, const sweep::Assign& assign, std::int64_t number,
                        const std::vector<TrialId>& which) {
    sweep::Saved saved;
    saved.cohort = assign.cohort;
    saved.save = number;
    for (const auto& id : which) {
        const auto& trial = *bench.state.record.find(id);
        saved.position = *trial.position;
        sweep::MemberSave save;
        save.trial = id;
        save.best = trial.best;
        save.result.emplace().best = trial.best;
        save.files = {{"state", 1, "s"}};
        saved.members.push_back(save);
    }
    return saved;
}

double falls(const TrialId&, std::int32_t epoch) {
    return 1.0 / epoch;
}

std::vector<sweep::TrialJudged> verdicts(const std::vector<sweep::Event>& events) {
    std::vector<sweep::TrialJudged> found;
    for (const auto& event : events) {
        if (const auto* judged = std::get_if<sweep::TrialJudged>(&event)) {
            found.push_back(*judged);
        }
    }
    return found;
}

// Trials on slots, each at its own pace; those that are stopped end. Fills bench.events.
void run_to_its_end(Bench& bench, std::uint64_t key) {
    core::RandomStream draws("verdicts", key, 0);
    struct Live {
        sweep::Assign assign;
        std::int64_t saves = 0;
        std::int32_t epoch = 0;
    };
    std::vector<Live> live;
    const auto value = [&](const TrialId& trial, std::int32_t epoch) {
        core::RandomStream own(trial.text(), key, static_cast<std::uint64_t>(epoch));
        return static_cast<double>(own.below(1000)) / (1000 + 200 * epoch);  // most get worse
    };
    while (true) {
        for (auto& [rank, assign] : bench.take<sweep::Assign>()) {
            live.push_back({assign});
        }
        if (live.empty()) {
            return;
        }
        const auto which = draws.below(live.size());
        auto& one = live[which];
        one.epoch = one.epoch == 0 ? 2 : one.epoch == 2 ? 6 : 12;
        std::vector<TrialId> ending;
        if (one.epoch < 12) {
            bench.say(0, save_at(bench, one.assign, ++one.saves, one.epoch, value));
            ending = bench.take<sweep::Recorded>().back().second.stopped;
        } else {
            bench.say(0, save_at(bench, one.assign, ++one.saves, 12, value));
            ending = {one.assign.members.front().trial};
        }
        if (!ending.empty()) {
            bench.say(0, results_of(bench, one.assign, ++one.saves, ending));
            bench.say(0, Ended{one.assign.cohort, sweep::Completed{}});
            live.erase(live.begin() + static_cast<std::ptrdiff_t>(which));
        }
    }
}

}  // namespace

TEST_CASE(
    "at each rung the best third of those that got there go on, by the order of the journal") {
    const auto key = GENERATE(1, 2, 3);
    Bench bench;
    start(bench, trials(27), kAsha, 4);
    run_to_its_end(bench, static_cast<std::uint64_t>(key));
    std::map<std::int32_t, std::vector<double>> reached;
    std::map<TrialId, double> best;
    std::size_t judged = 0, stopped = 0;
    for (const auto& event : bench.events) {
        if (const auto* save = std::get_if<sweep::SaveRecorded>(&event)) {
            for (const auto& member : save->save.members) {
                if (member.result) {
                    continue;
                }
                best[member.trial] = member.best->validation.auc;
                reached[save->save.position.epoch - 1].push_back(member.best->validation.auc);
            }
        } else if (const auto* verdict = std::get_if<sweep::TrialJudged>(&event)) {
            auto& values = reached[verdict->epoch];
            std::sort(values.rbegin(), values.rend());
            const auto most = std::max<std::size_t>(1, values.size() / 3);
            CHECK(verdict->stops == (best[verdict->trial] < values[most - 1]));
            ++judged;
            stopped += verdict->stops;
        }
    }
    CHECK(judged > 27);
    CHECK(stopped > 12);
    std::map<std::string, std::size_t> states;
    for (const auto& trial : bench.state.record.trials()) {
        ++states[std::string(sweep::name_of(trial.state))];
    }
    CHECK(states["stopped"] == stopped);
    CHECK(states["done"] == 27 - stopped);
    CHECK(bench.line_with("is stopped after 2 epochs: val_auc 0.").size() > 10);
}

TEST_CASE("wherever the journal breaks off, a start comes to the verdicts that were on their way") {
    const std::string file = GENERATE(kAsha, kPatience);
    Bench bench;
    start(bench, trials(12), file, 3);
    run_to_its_end(bench, 5);
    sweep::Record record;
    record.apply(sweep::Started{});
    std::size_t made = 0;
    for (std::size_t i = 0; i < bench.events.size(); ++i) {
        INFO("after event " << i);
        record.apply(bench.events[i]);
        std::vector<sweep::TrialJudged> next;
        for (std::size_t j = i + 1; j < bench.events.size(); ++j) {
            const auto* judged = std::get_if<sweep::TrialJudged>(&bench.events[j]);
            if (!judged) {
                break;
            }
            next.push_back(*judged);
        }
        const auto due =
            scheduler::verdicts_due(record, scheduler::rivals_of(record), bench.moment.wall);
        REQUIRE(due.size() == next.size());
        for (std::size_t k = 0; k < due.size(); ++k) {
            CHECK(due[k].trial == next[k].trial);
            CHECK(due[k].stops == next[k].stops);
            CHECK(due[k].reason == next[k].reason);
        }
        made += due.size();
    }
    CHECK(made > 5);
}

TEST_CASE("a trainer hears of a verdict only when the journal has it") {
    Bench bench;
    start(bench, trials(2), kPatience, 1);
    const auto assign = bench.assigned();
    CHECK(assign.members[0].stopping.patience == 3);
    bench.hold = true;
    bench.say(0, save_at(bench, assign, 1, 4, falls));
    CHECK(bench.take<sweep::Recorded>().empty());
    bench.hold = false;
    bench.settle();
    const auto recorded = bench.take<sweep::Recorded>();
    REQUIRE(recorded.size() == 1);
    CHECK(recorded[0].second.stopped == std::vector{assign.members[0].trial});
    REQUIRE(bench.count<sweep::TrialJudged>() == 1);
    CHECK(verdicts(bench.events)[0].reason == "no better val_auc than 1.0000 for 3 epochs");
    CHECK(bench.state_of(assign.members[0].trial) == "running");
}

TEST_CASE("one that a verdict stopped and a kill took is only scored by the next start") {
    Bench bench;
    start(bench, trials(1), kPatience, 1);
    const auto assign = bench.assigned();
    bench.say(0, save_at(bench, assign, 1, 4, falls));
    bench.end(assign, sweep::Killed{9});
    const auto again = bench.assigned();
    CHECK(again.members[0].stops);
    bench.say(0, results_of(bench, again, 1, {again.members[0].trial}));
    CHECK(bench.state_of(assign.members[0].trial) == "stopped");
    CHECK(bench.count<sweep::TrialJudged>() == 1);
}

TEST_CASE("a stopped trial goes on to its end on request, whatever the rule says then") {
    Bench bench;
    start(bench, trials(2), kPatience, 1);
    const auto assign = bench.assigned();
    const auto id = assign.members[0].trial;
    bench.say(0, save_at(bench, assign, 1, 4, falls));
    bench.say(0, results_of(bench, assign, 2, {id}));
    const auto other = bench.assigned();
    bench.request({"retry.1", scheduler::RetryRequest{{id}}});
    CHECK(bench.answer() == "1 trial waits again");
    bench.complete(other);
    const auto again = bench.assigned();
    REQUIRE(again.members[0].trial == id);
    CHECK_FALSE(again.members[0].stops);
    CHECK(again.members[0].stopping.stop == sweep::StopRule::none);
    CHECK(again.members[0].position->epoch == 5);
    CHECK(again.members[0].files.size() == 1);
    bench.say(0, save_at(bench, again, 1, 9, falls));
    CHECK(bench.count<sweep::TrialJudged>() == 1);
    bench.say(0, results_of(bench, again, 2, {id}));
    CHECK(bench.state_of(id) == "done");
}

TEST_CASE("trials of the confirmatory family are trained to their end") {
    auto planned = trials(2);
    planned[1].spec.edit().init_text = "mean_var";  // "mean_var - random"
    planned[1].spec.edit().init = sweep::Init::mean_var;
    for (const std::string asked : {"", "family = true\n"}) {
        Bench bench;
        start(bench, planned, kPatience + asked, 1);
        const auto rule = bench.assigned().members[0].stopping.stop;
        CHECK((rule == sweep::StopRule::none) == asked.empty());
    }
}

TEST_CASE("members of a cohort that come to a rung together count for each other") {
    auto planned = trials(3);
    for (std::size_t i = 0; i < 3; ++i) {
        planned[i].spec.seed = 1;
        planned[i].spec.freeze = 25.0 * static_cast<double>(i + 1);
        planned[i].work = planned[0].work;
        planned[i].work.frozen_multiply_adds = planned[i].work.multiply_adds * 0.25;
    }
    Bench bench;
    start(bench, planned,
          "[stopping]\nstop = \"asha\"\nover = [\"freeze\"]\nreduction = 2\nfirst_rung = 2\n", 1);
    const auto assign = bench.assigned();
    REQUIRE(assign.members.size() == 3);
    bench.say(0, save_at(bench, assign, 1, 2, [&](const TrialId& trial, std::int32_t) {
                  return bench.state.record.find(trial)->spec.freeze / 100;
              }));
    const auto stopped = bench.take<sweep::Recorded>().back().second.stopped;
    CHECK(stopped.size() == 2);
    for (const auto& id : stopped) {
        CHECK(bench.state.record.find(id)->spec.freeze < 75);
    }
    bench.say(0, results_of(bench, assign, 2, stopped));
    CHECK(bench.state_of(assign.members[0].trial) != bench.state_of(assign.members[2].trial));
}

TEST_CASE("a rival counts at a rung with what it had there, whatever came of it") {
    Bench bench;
    start(bench, trials(2), kAsha, 2);
    const auto assigned = bench.by_place();
    const auto &early = assigned.at({0, 0}), &late = assigned.at({0, 1});
    bench.say(0, save_at(bench, early, 1, 2, [](auto, auto) { return 0.5; }));
    bench.say(0, save_at(bench, early, 2, 6, [](auto, auto) { return 0.9; }));
    bench.say(0, save_at(bench, late, 1, 2, [](auto, auto) { return 0.6; }));
    const auto last = verdicts(bench.events).back();
    CHECK(last.trial == late.members[0].trial);
    CHECK_FALSE(last.stops);
    CHECK(last.reason == "val_auc 0.6000: number 1 of 2 so far, of which the best one goes on");
}

TEST_CASE("trials that are left out compete with nobody") {
    Bench bench;
    start(bench, trials(2), kAsha, 1);
    const auto first = bench.assigned();
    bench.say(0, save_at(bench, first, 1, 2, [](auto, auto) { return 0.9; }));
    bench.end(first, sweep::Drained{});
    auto again = bench.next_start();
    sweep::Planned without;
    without.sweep_file = kAsha;
    without.left_out = {first.members[0].trial};
    begin(again, {without});
    const auto second = again.assigned();
    REQUIRE(second.members[0].trial != first.members[0].trial);
    again.say(0, save_at(again, second, 1, 2, [](auto, auto) { return 0.1; }));
    CHECK_THAT(verdicts(again.events).back().reason, ContainsSubstring("number 1 of 1"));
}

TEST_CASE("a start makes the verdict that a kill kept from the journal") {
    Bench bench;
    start(bench, trials(1), kPatience, 1);
    const auto assign = bench.assigned();
    bench.say(0, save_at(bench, assign, 1, 4, falls));
    Bench again;
    for (const auto& event : bench.events) {
        if (std::holds_alternative<sweep::TrialJudged>(event)) {
            break;
        }
        again.state.record.apply(event);
    }
    again.state.record.apply(sweep::Started{});
    begin(again, {});
    CHECK(verdicts(again.events).size() == 1);
    CHECK(again.assigned().members[0].stops);
}

TEST_CASE("a verdict names the measure that the trial is chosen by, and its value") {
    const sweep::Metrics values{0.1, 0.2, 0.3, 0.4, 0.5};
    for (const auto& [by, text] : std::map<sweep::BestBy, std::string>{
             {sweep::BestBy::val_loss, "val_loss than 0.1000"},
             {sweep::BestBy::val_accuracy, "val_accuracy than 0.2000"},
             {sweep::BestBy::val_auc, "val_auc than 0.3000"},
             {sweep::BestBy::val_auc_micro, "val_auc_micro than 0.4000"},
             {sweep::BestBy::val_auc_macro, "val_auc_macro than 0.5000"}}) {
        auto planned = trials(1);
        planned[0].spec.edit().training.best_by = by;
        Bench bench;
        start(bench, planned, kPatience, 1);
        auto save = save_at(bench, bench.assigned(), 1, 4, [](auto, auto) { return 0.0; });
        for (auto& row : save.members[0].rows) {
            row.validation = values;
        }
        save.members[0].best->validation = values;
        bench.say(0, save);
        CHECK(verdicts(bench.events).back().reason == "no better " + text + " for 3 epochs");
    }
}

TEST_CASE("one that diverges where a verdict stops it has diverged") {
    Bench bench;
    start(bench, trials(1), kPatience, 1);
    const auto assign = bench.assigned();
    const auto id = assign.members[0].trial;
    bench.say(0, save_at(bench, assign, 1, 4, falls));
    auto result = results_of(bench, assign, 2, {id});
    result.members[0].result->diverged_epoch = 5;
    bench.say(0, result);
    CHECK(bench.state_of(id) == "diverged");
}
