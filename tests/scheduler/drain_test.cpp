// SPDX-License-Identifier: Apache-2.0
// Signals and drains of whole runs.
#include <csignal>

#include "scheduler/holder.hpp"
#include "scheduler/whole_run.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;

TEST_CASE("every signal drains: INT, TERM, HUP and USR1") {
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
        const TemporaryDirectory directory;
        Looker looker;
        when_running(looker, [signal] { ::raise(signal); });
        CHECK(run_alone(options_for(directory, of_networks({"waits_for_drain"})), looker).outcome ==
              Outcome::drained);
        const auto record = record_of(directory);
        CHECK(record.trials()[0].attempts.at(0).saves == 1);
    }
}

TEST_CASE("a run whose batch job is about to end saves and leaves without any signal") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"waits_for_drain"}));
    options.deadline = core::WallTime{core::wall_now().micros + 18'000'000};  // drains 15 s before
    const auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::drained);
    CHECK_THAT(result.message, ContainsSubstring("before the job's time limit"));
    CHECK(record_of(directory).trials()[0].attempts.at(0).saves == 1);
}

TEST_CASE("a second Ctrl-C leaves at once, whatever hangs") {
    const TemporaryDirectory directory;
    Looker looker;
    when_running(looker, [] {
        ::raise(SIGINT);
        ::raise(SIGINT);
    });
    const auto begun = core::now();
    const auto result = run_alone(options_for(directory, of_networks({"stalls"})), looker);
    CHECK(result.outcome == Outcome::drained);
    CHECK_THAT(result.message, ContainsSubstring("at once"));
    CHECK(core::Seconds(core::now() - begun) < core::Seconds(30));  // the trainer sleeps 600
}

TEST_CASE("a trainer that hangs does not hold up a drain for ever") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"stalls"}));
    options.drain_within = core::Seconds(1);
    when_running(looker, [] { ::raise(SIGTERM); });
    CHECK(run_alone(options, looker).outcome == Outcome::drained);
    const auto record = record_of(directory);
    CHECK(std::holds_alternative<sweep::Hung>(*record.trials()[0].attempts.at(0).ending));
    CHECK(sweep::name_of(record.trials()[0].state) == "waiting");
}

TEST_CASE("a signal in the middle of a preparation ends the run, and the preparation") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"good"}));
    options.prepare = [](const scheduler::Need&) {
        ::raise(SIGTERM);
        return scheduler::PrepareJob{{"/bin/sh", "-c", "sleep 600"}, {}};
    };
    CHECK(run_alone(options, looker).outcome == Outcome::drained);
    CHECK(sweep::name_of(record_of(directory).trials()[0].state) == "waiting");
}

TEST_CASE("a signal before anything is assigned, and one at the very end, end the run well") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"good"}));
    const auto plan = options.plan;
    options.plan = [plan](const sweep::Record& record) {
        ::raise(SIGTERM);
        return plan(record);
    };
    CHECK(run_alone(options, looker).outcome == Outcome::drained);
    options.plan = plan;
    looker.on_show = [](const scheduler::Status& status) {
        if (status.done == 1) {
            ::raise(SIGTERM);
        }
    };
    const auto result = run_alone(options, looker);
    CHECK((result.outcome == Outcome::done || result.outcome == Outcome::drained));
    CHECK(sweep::name_of(record_of(directory).trials()[0].state) == "done");
}

TEST_CASE("a signal while another host's holder is waited for ends the wait") {
    const TemporaryDirectory directory;
    Looker looker;
    sweep::Started started;
    started.start_id = "elsewhere";
    started.host = "node7";
    started.pid = 42;
    REQUIRE(sweep::JournalWriter::start(directory.path(), started, [](const auto&) {}));
    looker.on_say = [](const std::string& line) {
        if (line.find("pid 42 on node7") != std::string::npos) {
            ::raise(SIGINT);
        }
    };
    const auto result = run_alone(options_for(directory, of_networks({"good"})), looker);
    CHECK(result.outcome == Outcome::drained);
    CHECK(sweep::highest_segment(directory.path()) == 1);
    CHECK_FALSE(scheduler::read_ending(directory.path()));
}
