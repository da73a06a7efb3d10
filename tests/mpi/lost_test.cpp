// SPDX-License-Identifier: Apache-2.0
// Ranks, coordinators and launchers that are killed or stand still in the middle of a sweep.
#include <csignal>
#include <memory>
#include <set>

#include "core/clock.hpp"
#include "core/process.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "scheduler/launcher.hpp"
#include "scheduler/run.hpp"
#include "support/catch.hpp"
#include "support/processes.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;

namespace {

// lost_after of the ranks under test, and what a loaded machine may need beyond it.
constexpr double kLostAfter = 3, kSlack = 30;

std::string beside(const char* name) {
    return (core::own_executable().parent_path() / name).string();
}

// Three ranks that share a sweep of 96 trials of 0.2 s, by mpirun on this host.
class Job {
  public:
    explicit Job(const TemporaryDirectory& directory) : directory_(directory.path()) {
        core::Spawn spawn;
        spawn.arguments = scheduler::mpirun_command(3, 1);
        for (const auto& word : {beside("mpi_ranks"), std::string("long"), directory_.string(),
                                 beside("fake_trainer"), std::string("-1")}) {
            spawn.arguments.push_back(word);
        }
        spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
        spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
        child_ = std::make_unique<core::Child>(core::spawn(spawn));
    }
    // Killed ranks leave processes of other groups behind where the code under test is wrong.
    ~Job() {
        child_.reset();
        for (const auto pid : processes_of(directory_)) {
            ::kill(pid, SIGKILL);
        }
    }
    sweep::Record record() const {
        sweep::Record record;
        if (core::fs::exists(directory_ / "journal")) {
            sweep::read_journal(directory_, [&](const sweep::Event& e) { record.apply(e); });
        }
        return record;
    }
    static int done(const sweep::Record& record) {
        int done = 0;
        for (const auto& trial : record.trials()) {
            done += sweep::name_of(trial.state) == "done";
        }
        return done;
    }
    // Every rank has a trial under way.
    void until_all_work() const {
        REQUIRE(comes_true([&] {
            std::set<int> ranks;
            const auto now = record();
            for (const auto& trial : now.trials()) {
                if (!trial.attempts.empty() && !trial.attempts[0].numerics.empty()) {
                    ranks.insert(trial.attempts[0].rank.value);
                }
            }
            return ranks.size() == 3;
        }));
    }
    pid_t rank(int number) const {
        const auto pid = pid_of_rank(directory_, number);
        REQUIRE(pid > 0);
        return pid;
    }
    core::Child& mpirun() { return *child_; }
    // Nothing of the job runs any more; the seconds that it took.
    double until_gone() {
        const auto begun = core::now();
        const bool gone = comes_true(
            [&] { return child_->try_reap().has_value() && processes_of(directory_).empty(); },
            kLostAfter + kSlack);
        CHECK(gone);
        return core::Seconds(core::now() - begun).count();
    }

  private:
    core::fs::path directory_;
    std::unique_ptr<core::Child> child_;
};

void check_all_done_once(const sweep::Record& record) {
    CHECK(record.trials().size() == 96);
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        std::int64_t saves = 0;
        for (const auto& attempt : trial.attempts) {
            saves += attempt.saves;
        }
        CHECK(saves == 1);  // its result, and no second one
    }
}

template <class Kind>
int attempts_ended_as(const sweep::Record& record) {
    int count = 0;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            count += attempt.ending && std::holds_alternative<Kind>(*attempt.ending);
        }
    }
    return count;
}

bool has_orphans(const TemporaryDirectory& directory) {
    std::error_code error;
    return !core::fs::is_empty(directory / "orphans", error) && !error;
}

}  // namespace

TEST_CASE("the other ranks outlive a killed rank 0 by one save, and the next start has that save") {
    const TemporaryDirectory directory;
    {
        Job job(directory);
        job.until_all_work();
        ::kill(job.rank(0), SIGKILL);
        WARN("gone " << job.until_gone() << " s after rank 0");
    }
    CHECK(has_orphans(directory));
    Job next(directory);
    next.until_gone();
    CHECK_FALSE(core::fs::exists(directory / "orphans"));
    const auto record = next.record();
    check_all_done_once(record);
    // The survivors' saves count in the attempts that made them.
    int adopted = 0;
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            adopted += attempt.saves > 0 &&
                       std::holds_alternative<sweep::CoordinatorLost>(*attempt.ending);
        }
    }
    CHECK(adopted >= 1);
}

TEST_CASE("a rank that stands still for less than lost_after loses nothing") {
    const TemporaryDirectory directory;
    Job job(directory);
    job.until_all_work();
    const auto rank = job.rank(1);
    ::kill(rank, SIGSTOP);
    core::sleep_for(core::Seconds(kLostAfter / 3));
    ::kill(rank, SIGCONT);
    job.until_gone();
    check_all_done_once(job.record());
    CHECK(attempts_ended_as<sweep::RankLost>(job.record()) == 0);
}

TEST_CASE("what a lost rank still says when it goes on is dropped, and it leaves") {
    const TemporaryDirectory directory;
    Job job(directory);
    job.until_all_work();
    const auto rank = job.rank(1);
    ::kill(rank, SIGSTOP);
    CHECK(comes_true([&] { return attempts_ended_as<sweep::RankLost>(job.record()) == 1; }));
    ::kill(rank, SIGCONT);
    job.until_gone();
    check_all_done_once(job.record());
    CHECK(attempts_ended_as<sweep::RankLost>(job.record()) == 1);
}

TEST_CASE("a job that stood still as a whole has lost no rank") {
    const TemporaryDirectory directory;
    Job job(directory);
    job.until_all_work();
    const std::vector<pid_t> ranks{job.rank(0), job.rank(1), job.rank(2)};
    for (const auto pid : ranks) {
        ::kill(pid, SIGSTOP);
    }
    core::sleep_for(core::Seconds(kLostAfter * 1.4));
    for (const auto pid : ranks) {
        ::kill(pid, SIGCONT);
    }
    job.until_gone();
    check_all_done_once(job.record());
    CHECK(attempts_ended_as<sweep::RankLost>(job.record()) == 0);
    CHECK(job.record().starts().size() == 1);
}

TEST_CASE("ranks whose mpirun was killed end by themselves, and the next start goes on") {
    const TemporaryDirectory directory;
    {
        Job job(directory);
        job.until_all_work();
        job.mpirun().signal(SIGKILL);
        WARN("gone " << job.until_gone() << " s after mpirun");
    }
    Job next(directory);
    next.until_gone();
    check_all_done_once(next.record());
}

TEST_CASE("TERM to mpirun itself ends the job, and nothing acknowledged is lost") {
    const TemporaryDirectory directory;
    int done = 0;
    {
        Job job(directory);
        job.until_all_work();
        job.mpirun().signal(SIGTERM);
        WARN("gone " << job.until_gone() << " s after TERM to mpirun");
        done = Job::done(job.record());
    }
    Job next(directory);
    next.until_gone();
    CHECK(done < 96);
    check_all_done_once(next.record());
}

TEST_CASE("Ctrl-C to the launcher drains, and a second one leaves at once") {
    for (const bool twice : {false, true}) {
        const TemporaryDirectory directory;
        core::Child launcher = core::fork_child([&] {
            class Quiet final : public scheduler::Observer {
              public:
                void show(const scheduler::Status&) override {}
                void say(const std::string&) override {}
            } quiet;
            scheduler::LaunchOptions options;
            options.launcher = scheduler::mpirun_command(2, 1);
            options.directory = directory.path();
            options.arguments = {beside("mpi_ranks"), "long", directory.path().string(),
                                 beside("fake_trainer"), "-1"};
            return scheduler::exit_code(scheduler::launch(options, quiet).outcome);
        });
        const auto attempts = [&] {
            sweep::Record record;
            if (core::fs::exists(directory / "journal")) {
                sweep::read_journal(directory.path(),
                                    [&](const sweep::Event& e) { record.apply(e); });
            }
            return Job::done(record);
        };
        REQUIRE(comes_true([&] { return attempts() > 0; }));
        ::kill(launcher.pid(), SIGINT);
        if (twice) {
            core::sleep_for(core::Seconds(0.3));
            ::kill(launcher.pid(), SIGINT);
        }
        const auto begun = core::now();
        const auto status = launcher.wait();
        const auto* exited = std::get_if<core::Exited>(&status);
        REQUIRE(exited);
        CHECK(exited->code == 75);
        CHECK(comes_true([&] { return processes_of(directory.path()).empty(); }, kSlack));
        WARN((twice ? "second" : "first")
             << " Ctrl-C took " << core::Seconds(core::now() - begun).count() << " s");
        CHECK(attempts() < 96);
    }
}
