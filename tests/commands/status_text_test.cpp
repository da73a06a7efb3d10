// SPDX-License-Identifier: Apache-2.0
#include "commands/status_text.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;

namespace {

StatusView view_of(const RecordBuilder& builder) {
    StatusView view;
    view.directory = "study";
    view.record = &builder.record();
    view.now = core::WallTime{builder.now().micros + 30'000'000};
    view.journal_age_seconds = 30;
    return view;
}

}  // namespace

TEST_CASE("status of a sweep that runs: who, how far, what, and what comes next") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 2)), "SIGSEGV, three times");
    const auto a = builder.plan(planned("mobilenet", "retina", "imagenet", 1, 0));
    const auto b = builder.plan(planned("mobilenet", "retina", "imagenet", 1, 50));
    builder.save(builder.start({a, b}), 1);
    auto view = view_of(builder);
    view.holder = Holder{"node1", "4711", 99, 3};
    const std::string text = status_text(view);
    CHECK_THAT(text, ContainsSubstring("sweep study: 2 of 4 trials ended (50 %): 1 done, 1 failed, "
                                       "2 running\n"));
    CHECK_THAT(text,
               ContainsSubstring("running on node1 (pid 99, job 4711), heard from 3.0 s ago\n"));
    CHECK_THAT(text, ContainsSubstring("time left: about 30 s on 1 slot, from 1 finished trial\n"));
    CHECK_THAT(text, ContainsSubstring("0,50"));
    auto faster = planned("mobilenet", "retina", "imagenet", 1, 50);
    faster.spec.edit().training.learning_rate = 1e-3;
    builder.save(builder.start({a, b, builder.plan(faster)}), 1);
    CHECK_THAT(status_text(view), ContainsSubstring("imagenet          0,50 (3)") &&
                                      ContainsSubstring("for       settings\n") &&
                                      ContainsSubstring("  learning_rate 0.0001, ...\n"));
    CHECK_THAT(text, !ContainsSubstring("settings"));
    CHECK_THAT(text, ContainsSubstring("1/4"));
    CHECK_THAT(text, ContainsSubstring("mobilenet, retina, random, freeze 0, seed 2: SIGSEGV, "
                                       "three times\n"));
    CHECK_THAT(text, ContainsSubstring("Last record written 30 s ago.\nNext: graft query study"));
}

TEST_CASE("status of a sweep that stands still says how to go on") {
    RecordBuilder builder;
    builder.plan(planned());
    auto view = view_of(builder);
    CHECK_THAT(status_text(view), ContainsSubstring("gone without a word"));
    view.holder = Holder{"node1", "", 99, 500};
    CHECK_THAT(status_text(view), ContainsSubstring("silent: last heard from 8 min 20 s ago"));
    CHECK_THAT(status_text(view), ContainsSubstring("Next: graft run study"));
    builder.apply(sweep::Closed{builder.now(), "drained"});
    CHECK_THAT(status_text(view), ContainsSubstring("ended 30 s ago (drained), last run on node1"));
}

TEST_CASE("a start that only cleaned up hides nothing of the run before it") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned()), 0.8, 0.8);
    builder.plan(planned("mobilenet", "retina", "random", 2));
    const auto cleaned = [&] {
        sweep::Started started;
        started.host = "login1";
        builder.apply(started);
        builder.apply(sweep::Closed{builder.now(), std::string(sweep::kCleaned)});
    };
    auto view = view_of(builder);
    SECTION("which ended") {
        builder.apply(sweep::Closed{builder.now(), "drained"});
        cleaned();
        CHECK_THAT(status_text(view), ContainsSubstring("(drained), last run on node1, job 4711"));
    }
    SECTION("which was killed") {
        cleaned();
        view.holder = Holder{"login1", "", 7, 1};
        CHECK_THAT(status_text(view), ContainsSubstring("started on node1 (pid 99, job 4711), and "
                                                        "gone without a word"));
    }
    CHECK_THAT(status_text(view), ContainsSubstring("time left: about 20 s on 1 slot"));
}

TEST_CASE("status as JSON has the same numbers") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 2)), "a \"quoted\" end");
    builder.start({builder.plan(planned("mobilenet", "retina", "random", 3))});
    const std::string text = status_json(view_of(builder));
    CHECK_THAT(text,
               ContainsSubstring(
                   "\"total\": 3, \"done\": 1, \"diverged\": 0, \"stopped\": 0, \"failed\": 1, "
                   "\"running\": 1, \"waiting\": 0"));
    CHECK_THAT(text, ContainsSubstring("\"runs\": false"));
    CHECK_THAT(text, ContainsSubstring("\"message\": \"a \\\"quoted\\\" end\""));
    CHECK_THAT(text, ContainsSubstring("\"time_left\": {\"seconds\": 20"));
}

}  // namespace graft::commands
