// SPDX-License-Identifier: Apache-2.0
#include "scheduler/explain.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::scheduler {

using tests::planned;
using tests::RecordBuilder;

namespace {

Outside outside_of(const RecordBuilder& builder, bool runs = true) {
    Outside outside;
    outside.now = builder.now();
    outside.runs = runs;
    outside.there = [](const sweep::DatasetReady&) { return true; };
    return outside;
}

TrialExplanation explained(const RecordBuilder& builder, const TrialId& id, bool runs = true) {
    return explain_trial(builder.record(), id, outside_of(builder, runs));
}

sweep::PlannedTrial with_work(sweep::PlannedTrial trial, double multiply_adds) {
    trial.work.multiply_adds = multiply_adds;
    return trial;
}

}  // namespace

TEST_CASE("a waiting trial's place in line is by expected seconds, the longest first") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto seed = [&](std::int64_t n, double work) {
        return builder.plan(with_work(planned("mobilenet", "retina", "random", n), work));
    };
    builder.finish(seed(1, 1e6), 0.8, 0.8);
    const auto small = seed(2, 1e6), large = seed(3, 3e6), middle = seed(4, 2e6);
    const auto other = builder.plan(with_work(planned("resnet50_v2", "retina"), 2.5e6));
    const auto line = [&](const TrialId& id) { return *explained(builder, id).waits->line; };
    CHECK(line(large).place == 1);
    CHECK(line(other).place == 2);
    CHECK(line(middle).place == 3);
    CHECK(line(small).place == 4);
    CHECK(line(small).of == 4);
    CHECK(line(small).class_place == 3);
    CHECK(line(small).of_class == 3);
    CHECK(line(other).of_class == 1);
    // 20 s for the finished one.
    CHECK(*line(large).seconds == Approx(60));
    CHECK(line(large).learned->from == LearnedFrom::its_class);
    CHECK(line(large).learned->figures == 1);
    CHECK(line(other).learned->from == LearnedFrom::its_device);
    CHECK(explained(builder, large).waits->reason == WaitReason::in_line);
}

TEST_CASE("before anything was learned the line is by work, and says so") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    const auto waits = *explained(builder, id).waits;
    REQUIRE(waits.line);
    CHECK_FALSE(waits.line->learned);
    CHECK_FALSE(waits.line->seconds);
    CHECK(waits.line->multiply_adds > 0);
}

TEST_CASE("while a sweep runs, costs are known from saves of trials under way") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    const auto next = builder.plan(planned("mobilenet", "retina", "random", 2));
    builder.save(builder.start({id}), 2);  // 20 s for half of it
    const auto line = *explained(builder, next).waits->line;
    REQUIRE(line.seconds);
    CHECK(*line.seconds == Approx(40));
    CHECK_FALSE(explained(builder, next, false).waits->line->seconds);  // a start forgets them
}

TEST_CASE("the first reason that holds is why a trial waits") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    CHECK(explained(builder, id, false).waits->reason == WaitReason::not_running);
    CHECK(explained(builder, id).waits->reason == WaitReason::dataset);
    CHECK_FALSE(explained(builder, id).waits->prepared);
    builder.dataset("retina");
    CHECK(explained(builder, id).waits->reason == WaitReason::in_line);
    auto gone = outside_of(builder);
    gone.there = [](const sweep::DatasetReady&) { return false; };
    const auto waits = *explain_trial(builder.record(), id, gone).waits;
    CHECK(waits.reason == WaitReason::dataset);
    CHECK(waits.prepared);
    CHECK_FALSE(waits.line);
    builder.leave_out(id);
    CHECK(explained(builder, id).waits->reason == WaitReason::left_out);
}

TEST_CASE("a trial whose coordinator went away waits, and comes in line for the next start") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    builder.save(builder.start({id}), 1);
    CHECK(explained(builder, id, true).runs);
    const auto explanation = explained(builder, id, false);
    REQUIRE(explanation.waits);
    CHECK(explanation.waits->reason == WaitReason::not_running);
    CHECK(explanation.waits->line->place == 1);
}

TEST_CASE("a running trial's end is expected from its last save and its like") {
    RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(planned()), 0.8, 0.8);  // 20 s for four epochs of work
    const auto id = builder.plan(planned("mobilenet", "retina", "random", 2));
    builder.save(builder.start({id}), 1);  // 10 s for a quarter of it weigh one in four
    const auto saved = builder.now();
    auto outside = outside_of(builder);
    outside.run.hung_after_seconds = 100;
    const auto runs = *explain_trial(builder.record(), id, outside).runs;
    CHECK(runs.attempt->number == 1);
    REQUIRE(runs.attempt->last_save);
    CHECK(*runs.attempt->last_save == saved);
    REQUIRE(runs.expected_end);
    CHECK(core::seconds_between(saved, *runs.expected_end) == Approx(18.75));
    CHECK(runs.hung_after == core::Seconds(100));
    CHECK(runs.hung_before_progress == core::Seconds(300));
}

TEST_CASE("accounts say which attempts count against a trial, and why the others do not") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    const auto attempt = [&](const sweep::Ending& ending, int epochs = 0) {
        const auto cohort = builder.start({id});
        if (epochs > 0) {
            builder.save(cohort, epochs);
        }
        builder.end(cohort, ending);
    };
    attempt(sweep::Crashed{11, 0});
    builder.apply(sweep::TrialRetried{builder.now(), id});
    attempt(sweep::Crashed{11, 0});
    attempt(sweep::Crashed{11, 0}, 1);
    attempt(sweep::Killed{9});
    attempt(sweep::Drained{});
    attempt(sweep::Crashed{11, 0});
    const auto accounts = accounts_of(builder.record().trials()[0]);
    REQUIRE(accounts.size() == 6);
    CHECK_THAT(accounts[0].why, ContainsSubstring("before the retry"));
    CHECK_THAT(accounts[1].why, ContainsSubstring("a later attempt saved"));
    CHECK_THAT(accounts[2].why, ContainsSubstring("it saved"));
    CHECK_THAT(accounts[3].why, ContainsSubstring("against its slot"));
    CHECK(accounts[4].why == "it saved and left on request");
    CHECK_THAT(accounts[5].why, ContainsSubstring("3 crashes in a row"));
    std::vector<bool> counts;
    for (const auto& account : accounts) {
        counts.push_back(account.counts);
    }
    CHECK(counts == std::vector<bool>{false, false, false, false, false, true});
}

TEST_CASE("accounts agree with the rule that fails a trial after three crashes") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    for (int i = 0; i < kCrashesUntilFailed; ++i) {
        const auto& trial = builder.record().trials()[0];
        CHECK(std::ssize(accounts_of(trial)) == i);
        builder.end(builder.start({id}), sweep::Crashed{6, 0});
        const bool fails = consequence_of(sweep::Crashed{6, 0}, builder.record().trials()[0], true)
                               .trial_fails.has_value();
        const auto accounts = accounts_of(builder.record().trials()[0]);
        const auto counted = std::count_if(accounts.begin(), accounts.end(),
                                           [](const Account& account) { return account.counts; });
        CHECK(counted == i + 1);
        CHECK(fails == (counted == kCrashesUntilFailed));
    }
    builder.apply(sweep::TrialFailed{builder.now(), id, "it crashed"});
    CHECK(explained(builder, id).rule == rule_text(sweep::Crashed{}));
}

TEST_CASE("a sweep's explanation counts reasons and names the next trial where it goes") {
    RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(planned()), 0.8, 0.8);
    const auto running = builder.plan(planned("mobilenet", "retina", "random", 2));
    const auto next = builder.plan(with_work(planned("mobilenet", "retina", "random", 3), 2e6));
    builder.plan(planned("mobilenet", "retina", "random", 4));
    builder.plan(planned("mobilenet", "proteins"));
    builder.leave_out(builder.plan(planned("mobilenet", "retina", "random", 5)));
    builder.start({running}, 0, 1);
    const auto sweep = explain_sweep(builder.record(), outside_of(builder));
    CHECK(sweep.waiting.at(WaitReason::in_line) == 2);
    CHECK(sweep.waiting.at(WaitReason::dataset) == 1);
    CHECK(sweep.waiting.at(WaitReason::left_out) == 1);
    CHECK(sweep.slots == 2);
    CHECK(sweep.busy == 1);
    REQUIRE(sweep.next);
    CHECK(sweep.next->trial == next);
    CHECK(sweep.next->slots == std::vector{Slot(0)});  // idle
    const auto stands = explain_sweep(builder.record(), outside_of(builder, false));
    CHECK(stands.slots == 0);
    CHECK(stands.waiting.at(WaitReason::not_running) == 4);
    CHECK(stands.next->trial == next);
    CHECK_FALSE(stands.next->rank);
}

TEST_CASE("with every slot at work the next trial goes where a slot is free first") {
    RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(planned()), 0.8, 0.8);
    const auto longer = builder.plan(with_work(planned("mobilenet", "retina", "random", 2), 9e6));
    const auto shorter = builder.plan(planned("mobilenet", "retina", "random", 3));
    const auto next = builder.plan(planned("mobilenet", "retina", "random", 4));
    builder.start({longer}, 0, 0);
    builder.start({shorter}, 0, 1);
    const auto sweep = explain_sweep(builder.record(), outside_of(builder));
    CHECK(sweep.busy == 2);
    REQUIRE(sweep.next);
    CHECK(sweep.next->trial == next);
    CHECK(sweep.next->slots == std::vector{Slot(1)});
    CHECK(sweep.next->at);
}

TEST_CASE("a dataset that is not ready comes before the trial that needs it") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    const auto sweep = explain_sweep(builder.record(), outside_of(builder));
    REQUIRE(sweep.next);
    CHECK(sweep.next->trial == id);
    CHECK(sweep.next->dataset_first);
}

TEST_CASE("slots and devices that are set aside are named with their reason and time") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    for (int i = 0; i < kChargesUntilAside; ++i) {
        builder.end(builder.start({id}, 0, 1), sweep::Killed{9});
    }
    builder.end(builder.start({id}, 0, 2), sweep::DeviceFault{"Xid 79"});
    builder.end(builder.start({id}, 0, 3), sweep::DeviceBusy{"in use"});
    const sweep::DeviceFailed failed{builder.now(), "node1", "GPU-1", "Xid 79"};
    builder.apply(failed);
    const auto sweep = explain_sweep(builder.record(), outside_of(builder));
    REQUIRE(sweep.slots_aside.size() == 3);
    CHECK_THAT(sweep.slots_aside[0].reason, ContainsSubstring("killed or hung"));
    CHECK_THAT(sweep.slots_aside[1].reason, ContainsSubstring("Xid 79"));
    CHECK_FALSE(sweep.slots_aside[1].until);
    REQUIRE(sweep.slots_aside[2].until);
    CHECK(core::seconds_between(builder.now(), *sweep.slots_aside[2].until) == Approx(60));
    REQUIRE(sweep.devices_aside.size() == 1);
    CHECK(core::seconds_between(failed.time, sweep.devices_aside[0].until) == kDeviceRest.count());
    CHECK(sweep.without_save == 4);
    // A save there, and the slot is trusted again; a minute later the busy one is looked at again.
    builder.save(builder.start({id}, 0, 1), 1);
    const auto saved = explain_sweep(builder.record(), outside_of(builder));
    REQUIRE(saved.slots_aside.size() == 1);
    CHECK(saved.slots_aside[0].slot == Slot(2));
    CHECK(saved.without_save == 0);
    auto later = outside_of(builder);
    later.now.micros += static_cast<std::int64_t>(kDeviceRest.count() * 1e6);
    CHECK(explain_sweep(builder.record(), later).devices_aside.empty());
}

TEST_CASE("slots of a lost rank get no work, and the next trial goes to another rank") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto first = builder.plan(planned());
    const auto second = builder.plan(planned("mobilenet", "retina", "random", 2));
    builder.start({second}, 1, 0);
    builder.end(builder.start({first}, 0, 0), sweep::RankLost{});
    const auto sweep = explain_sweep(builder.record(), outside_of(builder));
    REQUIRE(sweep.slots_aside.size() == 1);
    CHECK(sweep.slots_aside[0].rank == Rank(0));
    CHECK(sweep.slots_aside[0].reason == "its rank was lost");
    REQUIRE(sweep.next);
    CHECK(sweep.next->trial == first);
    CHECK(sweep.next->rank == Rank(1));
    CHECK(accounts_of(builder.record().trials()[0])[0].why ==
          rule_text(sweep::Ending(sweep::RankLost{})));
}

TEST_CASE("a device out of memory sets a slot aside only when it was shared") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    builder.end(builder.start({id}, 0, 1), sweep::DeviceOutOfMemory{"8 GiB"});
    CHECK(explain_sweep(builder.record(), outside_of(builder)).slots_aside.size() == 1);
    builder.apply(sweep::TrialFailed{builder.now(), id, "too large"});
    CHECK(explain_sweep(builder.record(), outside_of(builder)).slots_aside.empty());
}

TEST_CASE("a trial saved on hardware that no slot has is told so") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    const auto cohort = builder.start({id}, 0, 0, "cuda, 1 thread");
    builder.save(cohort, 1);
    builder.end(cohort, sweep::Killed{9});
    CHECK(explained(builder, id).waits->line->other_numerics.empty());
    const auto other = builder.plan(planned("mobilenet", "retina", "random", 2));
    sweep::Started started;
    started.time = core::WallTime{builder.now().micros + 1};
    builder.apply(started);
    builder.start({other}, 0, 0, "cpu, 1 thread");
    CHECK(explained(builder, id).waits->line->other_numerics == "cuda, 1 thread");
}

}  // namespace graft::scheduler
