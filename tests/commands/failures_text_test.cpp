// SPDX-License-Identifier: Apache-2.0
#include "commands/failures_text.hpp"

#include "core/file.hpp"
#include "core/text.hpp"

#include "sweep/trainer_log.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

using tests::planned;
using tests::RecordBuilder;
using tests::TemporaryDirectory;

namespace {

FailuresView view_of(const RecordBuilder& builder) {
    return {"study", &builder.record(), core::WallTime{builder.now().micros + 30'000'000},
            [](const sweep::Attempt& attempt) {
                return std::vector<std::string>{fmt::format("line of {}", attempt.number)};
            }};
}

sweep::TrialId plan_seed(RecordBuilder& builder, std::int64_t seed) {
    return builder.plan(planned("mobilenet", "retina", "random", seed));
}

std::string mark_of(std::uint64_t cohort) {
    sweep::Assign assign;
    assign.cohort = sweep::CohortId(cohort);
    return sweep::attempt_mark(assign, "node1", {});
}

}  // namespace

TEST_CASE("a sweep without trouble says so, and plain status nothing") {
    RecordBuilder builder;
    builder.finish(plan_seed(builder, 1), 0.8, 0.8);
    CHECK(failures_text(view_of(builder)) == "sweep study: nothing went wrong.\n");
    CHECK(failures_summary(view_of(builder)).empty());
    CHECK_THAT(failures_json(view_of(builder)), ContainsSubstring("\"failures\": []"));
}

TEST_CASE("the page tells what, whose, where, when, the log, and what to do") {
    RecordBuilder builder;
    for (int seed = 1; seed <= 7; ++seed) {
        builder.fail(plan_seed(builder, seed), "the trainer crashed");
    }
    const auto open = plan_seed(builder, 8);
    builder.end(builder.start({open}, 2, 1), sweep::HostOutOfMemory{"oom_kill rose by 1"});
    const auto text = failures_text(view_of(builder));
    INFO(text);
    CHECK_THAT(text, ContainsSubstring("sweep study: 8 trials met with trouble\n"));
    CHECK_THAT(text, ContainsSubstring("\nFailed (7 trials):\n\n  7 trials: crashed\n"
                                       "    why     the trainer crashed\n"));
    CHECK_THAT(text, ContainsSubstring("mobilenet, retina, random, freeze 0, seed 5\n"
                                       "            and 2 more\n"));
    CHECK_THAT(text, ContainsSubstring("    log     logs/trainer-0-0.log\n"
                                       "            | line of 1\n"));
    CHECK_THAT(text, ContainsSubstring("    next    The trainer ended by itself"));
    CHECK_THAT(text, ContainsSubstring("  1 trial: no host memory\n"
                                       "    why     out of host memory: oom_kill rose by 1\n"
                                       "    trial   " +
                                       open.text()));
    CHECK_THAT(text, ContainsSubstring("attempt 1, rank 2 slot 1 on node1 (CPU), 2026-11-24 "));
    CHECK_THAT(text, ContainsSubstring("logs/trainer-2-1.log"));
}

TEST_CASE("plain status tells each trouble in a line, and where there is more") {
    RecordBuilder builder;
    for (int seed = 1; seed <= 12; ++seed) {
        builder.fail(plan_seed(builder, seed), "why");
    }
    builder.fail(plan_seed(builder, 13), "another reason");
    builder.end(builder.start({plan_seed(builder, 14)}), sweep::Killed{9});
    const auto text = failures_summary(view_of(builder));
    INFO(text);
    CHECK_THAT(text, ContainsSubstring("\nFailed (13):\n  12 trials, the first "));
    CHECK_THAT(text, ContainsSubstring("seed 1: why\n"));
    CHECK_THAT(text, ContainsSubstring("seed 13: another reason\n"));
    CHECK_THAT(text, ContainsSubstring("seed 14: killed (signal 9, SIGKILL)\n"));
    CHECK_THAT(text, ContainsSubstring("graft status study --failures"));
}

TEST_CASE("a device that failed is set aside for seven days, and told until when") {
    RecordBuilder builder;
    builder.plan(planned());
    builder.apply(sweep::DeviceFailed{builder.now(), "node3", "GPU-1", "Xid 79"});
    auto view = view_of(builder);
    const auto until = core::wall_text({builder.now().micros + 7 * 86'400'000'000});
    const auto line =
        "GPU-1 on node3: gets no work while others can, until " + until + " UTC (Xid 79)\n";
    CHECK_THAT(failures_text(view), ContainsSubstring(line));
    CHECK_THAT(failures_summary(view), ContainsSubstring(line));
    CHECK_THAT(failures_json(view), ContainsSubstring("\"device\": \"GPU-1\""));
    CHECK_THAT(failures_json(view), ContainsSubstring("\"support\": \"host node3, GPU GPU-1,"));
    view.device_facts = [](const sweep::DeviceFailed& failure) {
        DeviceFacts facts;
        facts.gpu.pci = "PCI of " + failure.device;
        return facts;
    };
    CHECK_THAT(failures_text(view),
               ContainsSubstring("support host node3, GPU GPU-1, PCI PCI of GPU-1, job 4711, "));
    view.now.micros += 7 * 86'400'000'000;
    CHECK(failures_summary(view).empty());
}

TEST_CASE("a message from anywhere cannot steer the terminal, and JSON stays JSON") {
    RecordBuilder builder;
    builder.fail(plan_seed(builder, 1), "\x1b[2Jimage 'a\xff\"\n.png'");
    auto view = view_of(builder);
    for (const auto& text : {failures_text(view), failures_summary(view), failures_json(view)}) {
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(text.find('\xff') == std::string::npos);
    }
    const auto json = failures_json(view);
    CHECK_THAT(json, ContainsSubstring("\\\".png'"));
    CHECK_THAT(json, ContainsSubstring("\"class\": \"crashed\", \"fate\": \"failed\""));
    CHECK_THAT(json, ContainsSubstring("\"lines\": [\"line of 1\"]"));
}

TEST_CASE("an attempt's lines are read out of its slot's log") {
    const TemporaryDirectory directory;
    sweep::Attempt attempt;
    attempt.cohort = sweep::CohortId(2);
    attempt.rank = sweep::Rank(1);
    attempt.slots = {sweep::Slot(3)};
    CHECK(read_log_lines(directory.path(), attempt).empty());
    core::create_directories(directory / "logs");
    core::write_file(directory / "logs/trainer-1-3.log",
                     mark_of(1) + "first\n" + mark_of(2) + "second\nlast\n" + mark_of(3) + "x\n");
    CHECK(read_log_lines(directory.path(), attempt) == std::vector<std::string>{"second", "last"});
    // Of a log that is too long to be read, the end.
    core::write_file(directory / "logs/trainer-1-3.log",
                     mark_of(2) + std::string(std::size_t{17} << 20, 'x') + "\n" + mark_of(3));
    CHECK(read_log_lines(directory.path(), attempt).empty());
}

}  // namespace graft::commands
