// SPDX-License-Identifier: Apache-2.0
#include "commands/explain_text.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;

namespace {

scheduler::Outside outside_of(const RecordBuilder& builder, bool runs) {
    scheduler::Outside outside;
    outside.now = builder.now();
    outside.runs = runs;
    outside.there = [](const sweep::DatasetReady&) { return true; };
    return outside;
}

ExplainView view_of(const RecordBuilder& builder, bool runs) {
    ExplainView view;
    view.directory = "study";
    view.record = &builder.record();
    view.now = builder.now();
    if (runs) {
        view.runner = Holder{"node1", "4711", 99, 3};
    }
    return view;
}

std::string text_of_trial(const RecordBuilder& builder, const sweep::TrialId& id,
                          bool runs = true) {
    return explain_text(view_of(builder, runs),
                        scheduler::explain_trial(builder.record(), id, outside_of(builder, runs)));
}

std::string text_of_sweep(const RecordBuilder& builder, bool runs = true) {
    return explain_text(view_of(builder, runs),
                        scheduler::explain_sweep(builder.record(), outside_of(builder, runs)));
}

}  // namespace

TEST_CASE("a trial says with whom it is trained or would be, and why it is alone") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto at = [&](double freeze) {
        auto trial = planned("mobilenet", "retina", "imagenet", 1, freeze);
        trial.work.frozen_multiply_adds = 1e4 * freeze;
        return builder.plan(trial);
    };
    const auto shallow = at(50), deep = at(75), other = at(100);
    auto text = text_of_trial(builder, deep);
    CHECK_THAT(text, ContainsSubstring("together:  in one cohort with 2 others"));
    CHECK_THAT(text, ContainsSubstring("of its class (mobilenet on retina at 224 px, cohorts)"));
    const auto cohort = builder.start({shallow, deep});
    builder.save(cohort, 1);
    text = text_of_trial(builder, deep);
    CHECK_THAT(text, ContainsSubstring("in one cohort with " + shallow.text() + "; together"));
    CHECK_THAT(text_of_trial(builder, other), ContainsSubstring("alone: nothing that waits"));
    builder.end(cohort, sweep::Crashed{11, 0});
    text = text_of_trial(builder, deep);
    CHECK_THAT(text, ContainsSubstring("alone until it saves"));
    CHECK_THAT(text, ContainsSubstring("in a cohort of 2"));
    CHECK_THAT(
        explain_json(view_of(builder, true),
                     scheduler::explain_trial(builder.record(), deep, outside_of(builder, true))),
        ContainsSubstring("\"alone\": \"held_apart\""));
}

TEST_CASE("a waiting trial says where it stands in line and from what its cost is known") {
    RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(planned()), 0.8, 0.8);
    auto waiting = planned("mobilenet", "retina", "imagenet", 2, 50);
    waiting.spec.edit().training.batch_size = 16;
    const auto text = text_of_trial(builder, builder.plan(waiting));
    CHECK_THAT(text, ContainsSubstring(": waiting\n"));
    CHECK_THAT(text, ContainsSubstring("mobilenet, retina, imagenet, freeze 50, seed 2"));
    CHECK_THAT(text, ContainsSubstring("batch_size 16 (default 32)"));
    CHECK_THAT(text, ContainsSubstring("1 of 1, the longest first; 1 of 1 of its class (mobilenet "
                                       "on retina at 224 px, freeze 50)"));
    // Three of its four epochs are a warm-up, which is a third of the work.
    CHECK_THAT(text, ContainsSubstring("about 10 s, from 1 trial of its network on CPU"));
    CHECK_THAT(text, ContainsSubstring("No attempt so far."));
}

TEST_CASE("a cleaning after its end does not hide how a sweep ended") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned()), 0.8, 0.8);
    builder.apply(sweep::Closed{builder.now(), "done"});
    sweep::Started cleaner;
    cleaner.time = builder.now();
    cleaner.pid = 12345;
    builder.apply(cleaner);
    builder.apply(sweep::Closed{builder.now(), std::string(sweep::kCleaned)});
    const auto text = text_of_sweep(builder, false);
    CHECK_THAT(text, ContainsSubstring("sweep study: ended: pid 99 on node1") &&
                         ContainsSubstring("(done)") &&
                         ContainsSubstring("type:      graft query study"));
    CHECK(text.find("12345") == std::string::npos);
}

TEST_CASE("a trial of a sweep that stands still says who ended it, when, why, and what to type") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    CHECK_THAT(text_of_trial(builder, id, false),
               ContainsSubstring("pid 99 on node1, job 4711, which ran it since 2026-11-24"));
    CHECK_THAT(text_of_trial(builder, id, false), ContainsSubstring("went away without a word"));
    builder.apply(sweep::Closed{builder.now(), "drained"});
    auto view = view_of(builder, false);
    view.ending = scheduler::StartEnding{
        "start-1", {scheduler::Outcome::drained, "stopped on request (graft stop)."}};
    const auto explained =
        scheduler::explain_trial(builder.record(), id, outside_of(builder, false));
    const auto text = explain_text(view, explained);
    CHECK_THAT(text, ContainsSubstring("nothing runs the sweep: pid 99 on node1, job 4711 ended "
                                       "it at 2026-11-24"));
    CHECK_THAT(text, ContainsSubstring("(drained: stopped on request (graft stop).)"));
    CHECK_THAT(text, ContainsSubstring("type:      graft run study\n"));
    CHECK_THAT(text, ContainsSubstring("dataset retina at 224 px is not prepared yet"));
}

TEST_CASE("what to type depends on how the sweep ended") {
    RecordBuilder builder;
    builder.plan(planned());
    builder.apply(sweep::Closed{builder.now(), "stopped"});
    const auto typed = [&](scheduler::Outcome outcome) {
        auto view = view_of(builder, false);
        view.ending = scheduler::StartEnding{"start-1", {outcome, "why"}};
        return why_runs(view).type;
    };
    CHECK(typed(scheduler::Outcome::drained) == "graft run study");
    CHECK(typed(scheduler::Outcome::done) == "graft query study");
    CHECK(typed(scheduler::Outcome::some_failed) == "graft retry study, then graft run study");
    CHECK_THAT(typed(scheduler::Outcome::no_space), ContainsSubstring("graft clean study"));
    CHECK(typed(scheduler::Outcome::stopped) == "mend that, then graft run study");
    CHECK(why_runs(view_of(builder, true)).type.empty());
}

TEST_CASE("a running trial says where, its last save, its end, and when it counts as hung") {
    RecordBuilder builder;
    builder.dataset("retina");
    builder.finish(builder.plan(planned()), 0.8, 0.8);
    const auto id = builder.plan(planned("mobilenet", "retina", "random", 2));
    const auto cohort = builder.start({id}, 1, 2);
    CHECK_THAT(text_of_trial(builder, id), ContainsSubstring("none in this attempt\n"));
    builder.save(cohort, 1);
    const auto text = text_of_trial(builder, id);
    CHECK_THAT(text, ContainsSubstring(": running\n"));
    CHECK_THAT(text, ContainsSubstring("node1, rank 1, slot 2 (CPU)"));
    CHECK_THAT(text, ContainsSubstring("; attempt 1\n"));
    CHECK_THAT(text, ContainsSubstring("after 1 of 4 epochs"));
    CHECK_THAT(text, ContainsSubstring("in about 19 s"));
    CHECK_THAT(text, ContainsSubstring("at least 10 min"));
    CHECK_THAT(text, ContainsSubstring("30 min"));
    CHECK_THAT(text_of_trial(builder, id, false), ContainsSubstring(": interrupted\n"));
}

TEST_CASE("a failed trial says the rule, its attempts, and against whom each counts") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    builder.end(builder.start({id}), sweep::Killed{9});
    builder.end(builder.start({id}), sweep::Crashed{11, 0});
    builder.fail(id, "SIGSEGV, three times");
    const auto text = text_of_trial(builder, id);
    CHECK_THAT(text, ContainsSubstring("message:   SIGSEGV, three times"));
    CHECK_THAT(text, ContainsSubstring("rule:      3 crashes in a row without a save"));
    CHECK_THAT(text, ContainsSubstring("counted:   2 of 3 attempts; see below"));
    CHECK_THAT(text, ContainsSubstring("graft retry study --trial " + id.text()));
    CHECK_THAT(text, ContainsSubstring("killed (signal 9, SIGKILL); does not count: a kill from "
                                       "outside counts against its slot"));
    CHECK_THAT(text, ContainsSubstring("crashed (signal 11, SIGSEGV); counts: 3 crashes"));
    CHECK_THAT(text, ContainsSubstring("the trial  node1, rank 0, slot 0, CPU"));
}

TEST_CASE("a finished trial says its best epoch, what chose it, and where its files are") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    const auto cohort = builder.start({id}, 0, 0, "cuda, 1 thread");
    builder.save(cohort, 1);
    builder.end(cohort, sweep::Drained{});
    builder.finish(id, 0.8, 0.7);
    const auto text = text_of_trial(builder, id);
    CHECK_THAT(text, ContainsSubstring(": done\n"));
    CHECK_THAT(text, ContainsSubstring("epoch 2 of fine_tune, chosen by val_auc"));
    CHECK_THAT(text, ContainsSubstring("val_auc 0.8000, test_auc 0.7000"));
    CHECK_THAT(text, ContainsSubstring("in 2 attempts"));
    CHECK_THAT(text, ContainsSubstring("mixed:     cuda, 1 thread, then cpu, 1 thread"));
    CHECK_THAT(text, ContainsSubstring("trials/" + id.text() + "/predictions.h5 (10 B)"));
    const auto diverged = builder.plan(planned("mobilenet", "retina", "random", 2));
    builder.diverge(diverged, NAN);
    CHECK_THAT(text_of_trial(builder, diverged),
               ContainsSubstring("the loss was not finite in epoch 2"));
    CHECK_THAT(text_of_trial(builder, diverged), ContainsSubstring("none: no epoch"));
}

TEST_CASE("a sweep explains its standstill, its waiting trials, and what comes next") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    builder.end(builder.start({id}), sweep::Crashed{11, 0});
    builder.apply(sweep::DeviceFailed{builder.now(), "node1", "GPU-1", "Xid 79"});
    auto text = text_of_sweep(builder);
    CHECK_THAT(text, ContainsSubstring("sweep study: running: pid 99 on node1, job 4711 runs it"));
    CHECK_THAT(text, ContainsSubstring("slots:     0 of 1 at work"));
    CHECK_THAT(text, ContainsSubstring("1 attempt in a row ended before a save; at 20"));
    CHECK_THAT(text, ContainsSubstring("GPU-1 on node1 failed"));
    CHECK_THAT(text, ContainsSubstring("support:   host node1, GPU GPU-1, job 4711, "));
    CHECK_THAT(text, ContainsSubstring("waiting:   1 trial, for a slot"));
    CHECK_THAT(text, ContainsSubstring("next:      " + id.text()));
    CHECK_THAT(text, ContainsSubstring("on slot 0 of rank 0"));
    text = text_of_sweep(builder, false);
    CHECK_THAT(text, ContainsSubstring("sweep study: not running"));
    CHECK_THAT(text, ContainsSubstring("1 trial, because nothing runs the sweep"));
    CHECK_THAT(text, ContainsSubstring(", at the next start"));
}

TEST_CASE("explanations as JSON have the same content") {
    RecordBuilder builder;
    builder.dataset("retina");
    const auto id = builder.plan(planned());
    builder.end(builder.start({id}), sweep::Crashed{11, 0});
    const auto outside = outside_of(builder, true);
    const auto trial = explain_json(view_of(builder, true),
                                    scheduler::explain_trial(builder.record(), id, outside));
    CHECK_THAT(trial,
               ContainsSubstring("\"trial\": \"" + id.text() + "\", \"state\": \"waiting\""));
    CHECK_THAT(trial, ContainsSubstring("\"reason\": \"in_line\", \"why\": null"));
    CHECK_THAT(trial, ContainsSubstring("\"place\": 1, \"of\": 1"));
    CHECK_THAT(trial, ContainsSubstring("\"against\": \"the trial\", \"counts\": true"));
    CHECK_THAT(trial, ContainsSubstring("\"learned_from\": null"));
    const auto sweep =
        explain_json(view_of(builder, true), scheduler::explain_sweep(builder.record(), outside));
    CHECK_THAT(sweep, ContainsSubstring("\"runs\": true"));
    CHECK_THAT(sweep, ContainsSubstring("\"waiting\": {\"in_line\": 1}"));
    CHECK_THAT(sweep, ContainsSubstring("\"next\": {\"trial\": \"" + id.text() + "\""));
    CHECK_THAT(sweep, ContainsSubstring("\"attempts_without_save\": 1"));
}

}  // namespace graft::commands
