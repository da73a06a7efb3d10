// SPDX-License-Identifier: Apache-2.0
// Whole runs in this process: real journal, sockets and children, with a trainer that pretends.
#include "scheduler/run.hpp"

#include <csignal>

#include "core/process.hpp"

#include "sweep/journal.hpp"

#include "scheduler/bench.hpp"
#include "scheduler/requests.hpp"
#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;
namespace fs = std::filesystem;

namespace {

class Looker final : public scheduler::Observer {
  public:
    void show(const scheduler::Status& status) override {
        last = status;
        if (on_show) {
            on_show(status);
        }
    }
    void say(const std::string& line) override { lines.push_back(line); }

    scheduler::Status last;
    std::vector<std::string> lines;
    std::function<void(const scheduler::Status&)> on_show;
};

scheduler::RunOptions options_for(const TemporaryDirectory& directory,
                                  std::vector<sweep::PlannedTrial> trials) {
    scheduler::RunOptions options;
    options.directory = directory.path();
    options.slots = 2;
    options.threads = 1;
    options.trainer = core::own_executable().parent_path() / "fake_trainer";
    options.plan = [trials](const sweep::Record& record) {
        sweep::Planned planned;
        planned.added = trials;
        return record.trials().empty() ? std::vector<sweep::Event>{planned}
                                       : std::vector<sweep::Event>{};
    };
    options.prepare = [directory = directory.path()](const scheduler::Need& need) {
        const auto result = [need, directory] {
            sweep::DatasetReady ready;
            ready.dataset = need.dataset;
            ready.fingerprint = need.fingerprint;
            ready.size = need.size;
            ready.prepared = directory.string();
            return ready;
        };
        return scheduler::PrepareJob{{"/bin/true"}, result};
    };
    options.weights = [](const sweep::TrialSpec&) { return std::string(); };
    return options;
}

std::vector<sweep::PlannedTrial> of_networks(const std::vector<std::string>& networks) {
    auto trials = Bench::trials(static_cast<int>(networks.size()));
    for (std::size_t i = 0; i < networks.size(); ++i) {
        trials[i].spec.network = networks[i];
    }
    return trials;
}

sweep::Record record_of(const TemporaryDirectory& directory) {
    sweep::Record record;
    sweep::read_journal(directory.path(), [&](const sweep::Event& e) { record.apply(e); });
    return record;
}

}  // namespace

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
    const auto& attempts = record_of(directory).trials().at(0).attempts;
    REQUIRE(attempts.size() == 2);
    CHECK(std::get<sweep::Hung>(*attempts[0].ending).seconds > 1);
}

TEST_CASE("after a device fault the slot takes no more work, and another goes on") {
    const TemporaryDirectory directory;
    Looker looker;
    const auto result =
        run_alone(options_for(directory, of_networks({"faults_once", "slow", "good"})), looker);
    CHECK(result.outcome == Outcome::done);
    const auto& attempts = record_of(directory).trials().at(0).attempts;
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
