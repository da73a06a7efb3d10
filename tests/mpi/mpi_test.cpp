// SPDX-License-Identifier: Apache-2.0
// Starts mpi_ranks by mpirun, as users' jobs are started, and reads the sweep that it leaves.
#include <csignal>
#include <cstdlib>
#include <set>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/process.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "scheduler/launcher.hpp"
#include "scheduler/run.hpp"
#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

class Quiet final : public scheduler::Observer {
  public:
    void show(const scheduler::Status&) override {}
    void say(const std::string&) override {}
};

core::fs::path beside(const char* name) {
    return core::own_executable().parent_path() / name;
}

// mpirun with `ranks` of a program on this host.
std::vector<std::string> ranks_of(int ranks, const std::vector<std::string>& program) {
    auto command = scheduler::mpirun_command(ranks, 1);
    command.insert(command.end(), program.begin(), program.end());
    return command;
}

core::ExitStatus run_ranks(int ranks, const std::vector<std::string>& arguments) {
    std::vector<std::string> command{beside("mpi_ranks").string()};
    command.insert(command.end(), arguments.begin(), arguments.end());
    core::Spawn spawn;
    spawn.arguments = ranks_of(ranks, command);
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
    return core::spawn(spawn).wait();
}

// Recovery hides what ranks return, so the messages' verdict is asked for without it.
int verdict_of(int ranks) {
    std::vector<std::string> command = ranks_of(ranks, {beside("mpi_ranks").string(), "messages"});
    std::erase(command, "--enable-recovery");
    core::Spawn spawn;
    spawn.arguments = command;
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
    const auto status = core::spawn(spawn).wait();
    const auto* exited = std::get_if<core::Exited>(&status);
    return exited ? exited->code : -1;
}

sweep::Record record_of(const core::fs::path& directory) {
    sweep::Record record;
    sweep::read_journal(directory, [&](const sweep::Event& e) { record.apply(e); });
    return record;
}

}  // namespace

TEST_CASE("messages keep their order and their bytes on 1, 2 and 4 ranks") {
    CHECK(verdict_of(1) == 0);
    CHECK(verdict_of(2) == 0);
    CHECK(verdict_of(4) == 0);
}

TEST_CASE("three ranks share a sweep") {
    const TemporaryDirectory directory;
    run_ranks(3, {"sweep", directory.path().string(), beside("fake_trainer").string(), "-1"});
    const auto record = record_of(directory.path());
    std::set<int> ranks;
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        ranks.insert(trial.attempts.at(0).rank.value);
    }
    CHECK(record.trials().size() == 12);
    CHECK(ranks == std::set<int>{0, 1, 2});
    const auto ending = scheduler::read_ending(directory.path());
    REQUIRE(ending);
    CHECK(ending->result.outcome == scheduler::Outcome::done);
}

TEST_CASE("ranks that do not go up with their GPUs all end at once, with one reason") {
    const TemporaryDirectory directory, sweep;
    core::write_file(directory / "devices", "GPU-a;V100;9\nGPU-b;V100;9\n");
    ::setenv("GRAFT_DEVICES", (directory / "devices").c_str(), 1);
    const auto begun = core::now();
    run_ranks(3, {"sweep", sweep.path().string(), beside("fake_trainer").string(), "-1",
                  "--start-id", "abc"});
    ::unsetenv("GRAFT_DEVICES");
    CHECK(core::Seconds(core::now() - begun).count() < 20);
    const auto ending = scheduler::take_ending(sweep.path(), "abc");
    REQUIRE(ending);
    CHECK(ending->result.outcome == scheduler::Outcome::input_error);
    CHECK_THAT(ending->result.message, ContainsSubstring("3 ranks on host"));
    CHECK_FALSE(core::fs::exists(sweep / "journal"));
}

TEST_CASE("a sweep goes on when a rank is killed") {
    const TemporaryDirectory directory;
    run_ranks(3, {"sweep", directory.path().string(), beside("fake_trainer").string(), "2"});
    const auto record = record_of(directory.path());
    int lost = 0;
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        for (const auto& attempt : trial.attempts) {
            lost += std::holds_alternative<sweep::RankLost>(*attempt.ending);
        }
    }
    CHECK(lost == 1);
    const auto ending = scheduler::read_ending(directory.path());
    REQUIRE(ending);
    CHECK(ending->result.outcome == scheduler::Outcome::done);
}

TEST_CASE("a launched sweep starts again after its coordinator was killed, and loses nothing") {
    const TemporaryDirectory directory;
    Quiet quiet;
    scheduler::LaunchOptions options;
    options.launcher = scheduler::mpirun_command(3, 1);
    options.directory = directory.path();
    options.arguments = {beside("mpi_ranks").string(), "sweep", directory.path().string(),
                         beside("fake_trainer").string(), "0"};
    CHECK(scheduler::launch(options, quiet).outcome == scheduler::Outcome::done);
    const auto record = record_of(directory.path());
    REQUIRE(record.starts().size() == 2);
    CHECK_FALSE(record.starts()[0].closed);
    CHECK(record.starts()[1].closed);
    int lost = 0;
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        for (const auto& attempt : trial.attempts) {
            lost += std::holds_alternative<sweep::CoordinatorLost>(*attempt.ending);
        }
    }
    CHECK(lost >= 1);
}

TEST_CASE("USR1 to the launched job drains every rank") {
    const TemporaryDirectory directory;
    core::Spawn spawn;
    spawn.arguments = ranks_of(3, {beside("mpi_ranks").string(), "sweep", directory.path().string(),
                                   beside("fake_trainer").string(), "-1"});
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
    core::Child job = core::spawn(spawn);
    const auto first_done = [&] {
        const auto record = record_of(directory.path());
        return !record.trials().empty() && sweep::name_of(record.trials()[0].state) == "done";
    };
    while (!first_done()) {
        core::sleep_for(core::Seconds(0.02));
    }
    job.signal(SIGUSR1);
    job.wait();
    const auto ending = scheduler::read_ending(directory.path());
    REQUIRE(ending);
    CHECK(ending->result.outcome == scheduler::Outcome::drained);
    const auto record = record_of(directory.path());
    CHECK(record.starts().back().closed->reason == "drained");
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) != "failed");
        for (const auto& attempt : trial.attempts) {
            CHECK_FALSE(std::holds_alternative<sweep::RankLost>(*attempt.ending));
        }
    }
}
