// SPDX-License-Identifier: Apache-2.0
#include "scheduler/run.hpp"

#include <csignal>

#include "scheduler/holder.hpp"
#include "scheduler/requests.hpp"
#include "scheduler/whole_run.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;
namespace fs = std::filesystem;

TEST_CASE("a run trains every trial and closes its journal") {
    const TemporaryDirectory directory;
    Looker looker;
    const auto result = run_alone(
        options_for(directory, of_networks({"good", "good", "good", "good", "good"})), looker);
    CHECK(result.outcome == Outcome::done);
    CHECK(looker.last.done == 5);
    CHECK(looker.last.slots.size() == 2);
    const auto record = record_of(directory);
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        CHECK(trial.attempts.size() == 1);
        CHECK(trial.attempts[0].numerics == "fake, 1 thread");
    }
    CHECK(record.starts().back().closed->reason == "done");
    CHECK(scheduler::read_ending(directory.path())->result.outcome == Outcome::done);
    SECTION("the same command again has nothing to do") {
        CHECK(run_alone(options_for(directory, {}), looker).outcome == Outcome::done);
        CHECK(record_of(directory).trials().at(0).attempts.size() == 1);
    }
}

TEST_CASE("a run survives trainers that crash, and are killed") {
    const TemporaryDirectory directory;
    Looker looker;
    const auto result = run_alone(
        options_for(directory, of_networks({"crashes_once", "killed_after_save", "good"})), looker);
    CHECK(result.outcome == Outcome::done);
    const auto record = record_of(directory);
    const auto& crashed = record.trials().at(0).attempts;
    REQUIRE(crashed.size() == 2);
    CHECK(std::get<sweep::Crashed>(*crashed[0].ending).signal == SIGSEGV);
    const auto& killed = record.trials().at(1).attempts;
    REQUIRE(killed.size() == 2);
    CHECK(std::get<sweep::Killed>(*killed[0].ending).signal == SIGKILL);
    CHECK(killed[0].saves == 1);
}

TEST_CASE("a trainer that stands still is killed after hung_after, and its trial goes on") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"hangs_once", "good"}));
    options.run.hung_after_seconds = 1;
    CHECK(run_alone(options, looker).outcome == Outcome::done);
    const auto attempts = record_of(directory).trials().at(0).attempts;
    REQUIRE(attempts.size() == 2);
    CHECK(std::get<sweep::Hung>(*attempts[0].ending).seconds > 1);
}

TEST_CASE("after a device fault the slot takes no more work, and another goes on") {
    const TemporaryDirectory directory;
    Looker looker;
    const auto result =
        run_alone(options_for(directory, of_networks({"faults_once", "slow", "good"})), looker);
    CHECK(result.outcome == Outcome::done);
    const auto attempts = record_of(directory).trials().at(0).attempts;
    REQUIRE(attempts.size() == 2);
    CHECK(std::holds_alternative<sweep::DeviceFault>(*attempts[0].ending));
    CHECK(attempts[0].slots != attempts[1].slots);
}

TEST_CASE("a host that is short of memory even for one trainer ends the run") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"no_host_memory"}));
    options.slots = 1;
    const auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::input_error);
    CHECK_THAT(result.message, ContainsSubstring("--mem"));
}

TEST_CASE("a trainer that always ends by itself fails its trial only") {
    const TemporaryDirectory directory;
    Looker looker;
    const auto result =
        run_alone(options_for(directory, of_networks({"exits", "aborts", "good"})), looker);
    CHECK(result.outcome == Outcome::some_failed);
    const auto record = record_of(directory);
    CHECK(record.trials().at(0).attempts.size() == 3);
    CHECK(std::get<sweep::Crashed>(*record.trials().at(0).attempts[0].ending).exit_code == 3);
    CHECK(std::get<sweep::Crashed>(*record.trials().at(1).attempts[0].ending).signal == SIGABRT);
    CHECK(sweep::name_of(record.trials().at(2).state) == "done");
}

TEST_CASE("a request to stop drains, and the next run goes on") {
    const TemporaryDirectory directory;
    Looker looker;
    const auto options = options_for(directory, of_networks({"waits_for_drain", "good"}));
    looker.on_show = [&](const scheduler::Status& status) {
        if (status.done == 1 && !status.draining) {
            scheduler::request_stop(directory.path());
        }
    };
    CHECK(run_alone(options, looker).outcome == Outcome::drained);
    const auto record = record_of(directory);
    const auto& waiting = record.trials().at(0);
    CHECK(sweep::name_of(waiting.state) == "waiting");
    CHECK(std::holds_alternative<sweep::Drained>(*waiting.attempts.at(0).ending));
    CHECK(waiting.position.has_value());
    CHECK(record.starts().back().closed->reason == "drained");
}

TEST_CASE("a request is answered in the record, and its file goes") {
    const TemporaryDirectory directory;
    Looker looker;
    std::string request;
    looker.on_show = [&](const scheduler::Status& status) {
        if (status.running == 1 && request.empty()) {
            request = scheduler::request_stop(directory.path());
        }
    };
    const auto options = options_for(directory, of_networks({"waits_for_drain"}));
    CHECK(run_alone(options, looker).outcome == Outcome::drained);
    const auto record = record_of(directory);
    REQUIRE(record.answers().size() == 1);
    CHECK(record.answers()[0].request == request);
    CHECK(record.answers()[0].answer == "it saves and ends");
    CHECK_FALSE(fs::exists(scheduler::request_file(directory.path(), request)));
    SECTION("left over by a crash, it is removed and not carried out again") {
        core::write_file(scheduler::request_file(directory.path(), request), "");
        auto finishing = options_for(directory, {});
        looker.on_show = [&](const scheduler::Status&) { ::raise(SIGUSR1); };
        run_alone(finishing, looker);
        CHECK(record_of(directory).answers().size() == 1);
        CHECK_FALSE(fs::exists(scheduler::request_file(directory.path(), request)));
    }
}

TEST_CASE("a request to stop from before a run does not stop it") {
    const TemporaryDirectory directory;
    Looker looker;
    scheduler::request_stop(directory.path());
    CHECK(run_alone(options_for(directory, of_networks({"good"})), looker).outcome ==
          Outcome::done);
    const auto record = record_of(directory);
    REQUIRE(record.answers().size() == 1);
    CHECK_THAT(record.answers()[0].answer, ContainsSubstring("nothing ran any more"));
}

TEST_CASE("a failed trial waits for the next run, and is tried again there") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"exits"}));
    CHECK(run_alone(options, looker).outcome == Outcome::some_failed);
    scheduler::request_retry(directory.path(), {record_of(directory).trials().at(0).id});
    core::write_file(directory / "requests" / "retry.broken", "no trial\n");
    CHECK(run_alone(options, looker).outcome == Outcome::some_failed);
    const auto record = record_of(directory);
    CHECK(record.trials().at(0).attempts.size() == 6);
    REQUIRE(record.answers().size() == 2);
    CHECK_THAT(record.answers()[0].answer, ContainsSubstring("refused"));
    CHECK(record.answers()[1].answer == "1 trial waits again");
    CHECK(fs::is_empty(directory / "requests"));
}

TEST_CASE("a signal drains the run") {
    const TemporaryDirectory directory;
    Looker looker;
    looker.on_show = [&](const scheduler::Status& status) {
        if (status.running == 1 && !status.draining) {
            ::raise(SIGUSR1);
        }
    };
    const auto options = options_for(directory, of_networks({"waits_for_drain"}));
    CHECK(run_alone(options, looker).outcome == Outcome::drained);
}

TEST_CASE("a dataset whose preparation fails ends the run with its log") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"good"}));
    options.prepare = [](const scheduler::Need&) {
        return scheduler::PrepareJob{{"/bin/sh", "-c", "echo 3 bad images; exit 2"}, {}};
    };
    const auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::input_error);
    CHECK_THAT(result.message, ContainsSubstring("3 bad images"));
}

TEST_CASE("a trainer that cannot be started fails with the reason") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"good"}));
    options.trainer = "/nowhere/graft-trainer";
    const auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::some_failed);
    CHECK_THAT(result.message, ContainsSubstring("/nowhere/graft-trainer"));
}

namespace {

// What a newer start, of another host, makes of the sweep.
void take_from_elsewhere(const TemporaryDirectory& directory) {
    sweep::Started started;
    started.start_id = "newer";
    REQUIRE(sweep::JournalWriter::start(directory.path(), started, [](const auto&) {}));
    scheduler::write_holder(directory.path(), {"node7", "", "", "newer", 1, 3, core::Seconds(5)});
    scheduler::write_ending(directory.path(), {"newer", {Outcome::some_failed, "the newer one's"}});
}

}  // namespace

TEST_CASE("a superseded run ends by itself, and leaves the newer one's files alone") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"waits_for_drain"}));
    options.run.lost_after_seconds = 3;
    options.start_id = "older";
    when_running(looker, [&] { take_from_elsewhere(directory); });
    const auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::stopped);
    CHECK(scheduler::exit_code(result.outcome) == 70);
    CHECK_THAT(result.message, ContainsSubstring("another start took this sweep over"));
    CHECK(scheduler::read_holder(directory.path())->start_id == "newer");
    CHECK(scheduler::read_ending(directory.path())->result.message == "the newer one's");
    // Its launcher still learns how it ended, and leaves nothing behind.
    const auto told = scheduler::take_ending(directory.path(), "older");
    REQUIRE(told);
    CHECK(told->result.outcome == Outcome::stopped);
    CHECK_FALSE(core::fs::exists(directory / "ending.older"));
    CHECK(scheduler::take_ending(directory.path(), "newer")->result.message == "the newer one's");
}

TEST_CASE("a superseded run takes no requests away, and stops its publisher") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"waits_for_drain"}));
    options.run.lost_after_seconds = 3;
    options.publish = {"/bin/sh", "-c", "echo published"};
    std::string request;
    when_running(looker, [&] {
        take_from_elsewhere(directory);
        request = scheduler::request_stop(directory.path());
    });
    CHECK(run_alone(options, looker).outcome == Outcome::stopped);
    CHECK(core::fs::exists(scheduler::request_file(directory.path(), request)));
    CHECK_FALSE(core::fs::exists(directory / "logs" / "publish.log"));
}

TEST_CASE("a run whose store cannot be rebuilt at the end says so, and is no success") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"good"}));
    options.publish = {"/bin/sh", "-c", "echo no room in the store; exit 74"};
    auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::no_space);
    CHECK_THAT(result.message, ContainsSubstring("no room in the store"));
    CHECK(scheduler::read_ending(directory.path())->result.outcome == Outcome::no_space);
    options.publish = {"/bin/sh", "-c", "kill -9 $$"};
    result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::stopped);
    CHECK_THAT(result.message, ContainsSubstring("SIGKILL"));
    options.publish = {"/nowhere/graft", "publish"};
    result = run_alone(options, looker);
    CHECK(scheduler::exit_code(result.outcome) != 0);
    CHECK_THAT(result.message, ContainsSubstring("/nowhere/graft"));
    options.publish = {"/bin/true"};
    CHECK(run_alone(options, looker).outcome == Outcome::done);
}

TEST_CASE("a drained run whose store cannot be rebuilt still says that work is left") {
    const TemporaryDirectory directory;
    Looker looker;
    auto options = options_for(directory, of_networks({"waits_for_drain"}));
    options.publish = {"/bin/false"};
    when_running(looker, [] { ::raise(SIGTERM); });
    const auto result = run_alone(options, looker);
    CHECK(result.outcome == Outcome::drained);
    CHECK_THAT(result.message, ContainsSubstring("could not be rebuilt"));
}
