// SPDX-License-Identifier: Apache-2.0
#include "commands/job_chain.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

#include "sweep/journal.hpp"

#include "support/catch.hpp"
#include "support/fake_path.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

using scheduler::Outcome;
using scheduler::RunResult;

namespace {

// A sweep and a SLURM of shell scripts: `sent`, `cancelled` and `requeued` hold what was typed,
// `queue` what squeue answers.
class Cluster {
  public:
    Cluster() {
        path_.put("sbatch",
                  "echo \"$*\" >>$HERE/sent\n"
                  "echo $((11 + $(wc -l <$HERE/sent)))\n");  // 12, 13, ...
        path_.put("squeue", "cat $HERE/queue 2>/dev/null\nexit 0\n");
        path_.put("scancel", "echo \"$*\" >>$HERE/cancelled\n");
        path_.put("scontrol", "echo \"$*\" >>$HERE/requeued\necho 'Requeue is disabled'\nexit 1\n");
    }
    const tests::FakePath& path() const { return path_; }
    const std::filesystem::path& sweep() const { return sweep_.path(); }
    ChainOptions options(const std::string& job = "11") const {
        return {sweep(), "job.sbatch", slurm::Allocation{job, 2, ""}};
    }
    void queue(const std::string& lines) const {
        core::write_file(path_.directory() / "queue", lines);
    }
    int run(const RunResult& result, const std::string& job = "11") {
        return run_in_chain(options(job), [&] {
            ++worked;
            return result;
        });
    }
    // What `work` saves: the chain makes progress.
    void save() {
        if (!journal_) {
            journal_ = sweep::JournalWriter::start(sweep(), {}, [](const auto&) {});
            append({tests::planned({trial_})});
        }
        const auto id = sweep::trial_id(trial_.spec);
        const sweep::CohortId cohort(++cohort_);
        sweep::SaveRecorded saved;
        saved.save.cohort = cohort;
        saved.save.members.emplace_back().trial = id;
        append({tests::attempt_started(cohort.value, id), saved,
                sweep::AttemptEnded{{}, cohort, sweep::Drained{}}});
    }
    void append(const std::vector<sweep::Event>& events) { REQUIRE(journal_->append(events)); }
    int worked = 0;

  private:
    tests::FakePath path_;
    tests::TemporaryDirectory sweep_;
    sweep::PlannedTrial trial_ = tests::planned_trial();
    std::optional<sweep::JournalWriter> journal_;
    std::uint64_t cohort_ = 0;
};

constexpr const char* kWaiting = "12|PENDING|Dependency||N/A|N/A\n";

RunResult of(Outcome outcome) {
    return {outcome, "said"};
}

}  // namespace

TEST_CASE("the follow-up is sent before the work starts, and waits for the end of this job") {
    Cluster cluster;
    std::string sent;
    run_in_chain(cluster.options(), [&] {
        sent = cluster.path().written("sent");
        return of(Outcome::done);
    });
    CHECK_THAT(sent, ContainsSubstring("--dependency=afterany:11"));
    CHECK_THAT(sent, ContainsSubstring("job.sbatch"));
    const auto next = slurm::read_job(cluster.sweep(), "12");
    REQUIRE(next);
    CHECK(next->after == "11");
    CHECK(slurm::read_job(cluster.sweep(), "11")->ended);
}

TEST_CASE("a drained job leaves the follow-up waiting, and is no failure") {
    Cluster cluster;
    cluster.save();
    cluster.queue(kWaiting);
    CHECK(run_in_chain(cluster.options(), [&] {
              cluster.save();
              return of(Outcome::drained);
          }) == 0);
    CHECK(cluster.path().written("cancelled").empty());
    CHECK(slurm::read_job(cluster.sweep(), "11")->ending == "said");
}

TEST_CASE("the follow-up is cancelled when nothing is left for it") {
    for (const auto outcome :
         {Outcome::done, Outcome::some_failed, Outcome::input_error, Outcome::no_space}) {
        Cluster cluster;
        cluster.queue(kWaiting);
        CHECK(cluster.run(of(outcome)) == scheduler::exit_code(outcome));
        CHECK(cluster.path().written("cancelled") == "12\n");
    }
}

TEST_CASE("a start that never had the sweep, or lost it, leaves the chain alone") {
    Cluster cluster;
    cluster.queue(kWaiting);
    CHECK(cluster.run({Outcome::stopped, "superseded", false}) == 70);
    CHECK(cluster.path().written("cancelled").empty());
}

TEST_CASE("two jobs in a row that save nothing end the chain") {
    Cluster cluster;
    cluster.queue(kWaiting);
    CHECK(cluster.run(of(Outcome::drained), "11") == 0);
    CHECK(cluster.path().written("cancelled").empty());
    cluster.queue("13|PENDING|Dependency||N/A|N/A\n");
    CHECK(cluster.run(of(Outcome::drained), "12") == 75);
    CHECK(cluster.worked == 2);
    CHECK(cluster.path().written("cancelled") == "13\n");
}

TEST_CASE("a job after two that were killed without having saved anything does not begin") {
    Cluster cluster;
    slurm::ChainJob first{"10", {1}, "", 60, core::WallTime{2}, 0, 0, std::nullopt, ""};
    slurm::ChainJob second{"11", {2}, "10", 60, core::WallTime{3}, 0, 1, std::nullopt, ""};
    slurm::ChainJob third{"12", {3}, "11", 60, std::nullopt, 0, 0, std::nullopt, ""};
    for (const auto& job : {first, second, third}) {
        slurm::write_job(cluster.sweep(), job);
    }
    cluster.queue("13|PENDING|Dependency||N/A|N/A\n");
    CHECK(cluster.run(of(Outcome::done), "12") == 70);
    CHECK(cluster.worked == 0);
    CHECK(cluster.path().written("sent").empty());
    CHECK(cluster.path().written("cancelled") == "13\n");
    CHECK_THAT(slurm::read_job(cluster.sweep(), "12")->ending,
               ContainsSubstring("2 jobs in a row have saved nothing"));
}

TEST_CASE("a job of a stopped sweep does nothing, and neither do those after it") {
    Cluster cluster;
    core::write_file(slurm::stopped_mark(cluster.sweep()), "");
    slurm::write_job(cluster.sweep(), {"12", {1}, "11", 60, {}, 0, 0, {}, ""});
    cluster.queue(kWaiting);
    CHECK(cluster.run(of(Outcome::done)) == 0);
    CHECK(cluster.worked == 0);
    CHECK(cluster.path().written("sent").empty());
    CHECK(cluster.path().written("cancelled") == "12\n");
}

TEST_CASE("a job that is stopped while it works ends well, and cancels what waits") {
    Cluster cluster;
    cluster.queue(kWaiting);
    CHECK(run_in_chain(cluster.options(), [&] {
              core::write_file(slurm::stopped_mark(cluster.sweep()), "");
              return of(Outcome::drained);
          }) == 0);
    CHECK(cluster.path().written("cancelled") == "12\n");
}

TEST_CASE("a site where nodes may not submit gets the work done all the same") {
    Cluster cluster;
    cluster.path().put("sbatch", "echo 'sbatch: error: Access/permission denied' >&2\nexit 1\n");
    CHECK(cluster.run(of(Outcome::drained)) == 75);  // nobody goes on
    CHECK(cluster.worked == 1);
    CHECK(cluster.path().written("requeued") == "requeue 11\n");
    cluster.path().put("scontrol", "exit 0\n");
    cluster.save();
    CHECK(cluster.run(of(Outcome::drained), "14") == 75);
}

TEST_CASE("jobs that were sent beforehand send none, and none is put back into the queue") {
    Cluster cluster;
    auto options = cluster.options();
    options.script = kAlreadySent;
    CHECK(run_in_chain(options, [] { return of(Outcome::drained); }) == 75);
    CHECK(cluster.path().written("sent").empty());
    CHECK(cluster.path().written("requeued").empty());
}

TEST_CASE("a requeued job finds its follow-up waiting, and sends no second one") {
    Cluster cluster;
    cluster.save();
    cluster.queue(kWaiting);
    const auto work = [&] {
        cluster.save();
        return of(Outcome::drained);
    };
    run_in_chain(cluster.options(), work);
    run_in_chain(cluster.options(), work);
    CHECK(std::ranges::count(cluster.path().written("sent"), '\n') == 1);
    cluster.queue("");  // somebody cancelled it
    run_in_chain(cluster.options(), work);
    CHECK(std::ranges::count(cluster.path().written("sent"), '\n') == 2);
}

TEST_CASE("without an answer of SLURM what was sent is taken to wait") {
    Cluster cluster;
    slurm::write_job(cluster.sweep(), {"12", {1}, "11", 60, {}, 0, 0, {}, ""});
    cluster.path().put("squeue", "exit 1\n");
    CHECK(cluster.run(of(Outcome::drained)) == 75);  // it cannot say that somebody goes on
    CHECK(cluster.path().written("sent").empty());
    CHECK(cluster.worked == 1);
}

TEST_CASE("hosts whose GPU failed are left out of the follow-up, unless too few are left then") {
    Cluster cluster;
    cluster.save();
    cluster.append({sweep::DeviceFailed{core::wall_now(), "n7", "GPU-1", "ECC"}});
    cluster.run(of(Outcome::done));
    CHECK_THAT(cluster.path().written("sent"), ContainsSubstring("--exclude=n7"));
    cluster.path().put("sbatch",
                       "echo \"$*\" >>$HERE/sent\n"
                       "case \"$*\" in *exclude*) exit 1;; esac\necho 15\n");
    cluster.run(of(Outcome::done), "14");
    CHECK(slurm::read_job(cluster.sweep(), "15"));
}

TEST_CASE("a GPU that fails while the job runs keeps the waiting job from its host") {
    Cluster cluster;
    cluster.save();
    cluster.queue(kWaiting);
    cluster.path().put("scontrol", "echo \"$*\" >>$HERE/updated\n");
    // No device is left: other nodes may be sound.
    CHECK(run_in_chain(cluster.options(), [&] {
              cluster.save();
              cluster.append({sweep::DeviceFailed{core::wall_now(), "n7", "GPU-1", "ECC"}});
              return of(Outcome::stopped);
          }) == 70);
    CHECK(cluster.path().written("cancelled").empty());
    CHECK(cluster.path().written("updated") == "update JobId=12 ExcNodeList=n7\n");
}

TEST_CASE("a disk that takes nothing more does not keep the chain from being ended") {
    Cluster cluster;
    cluster.queue(kWaiting);
    slurm::write_job(cluster.sweep(), {"12", {1}, "11", 60, {}, 0, 0, {}, ""});
    // What stands in the way of the job's own file fails it as a full disk would.
    std::filesystem::create_directories(slurm::jobs_directory(cluster.sweep()) /
                                        fmt::format("11.{}.tmp", core::own_pid()));
    CHECK(cluster.run(of(Outcome::no_space)) == 74);
    CHECK(cluster.worked == 1);
    CHECK(cluster.path().written("cancelled") == "12\n");
    CHECK_FALSE(slurm::read_job(cluster.sweep(), "11"));
}

TEST_CASE("an error before the work is written down, and the next job may try") {
    Cluster cluster;
    cluster.queue(kWaiting);
    const auto fails = []() -> RunResult { throw core::InputError("the images are gone"); };
    CHECK_THROWS_AS(run_in_chain(cluster.options(), fails), core::InputError);
    CHECK(slurm::read_job(cluster.sweep(), "11")->ending == "the images are gone");
    CHECK(cluster.path().written("cancelled").empty());
    cluster.queue("13|PENDING|Dependency||N/A|N/A\n");
    CHECK_THROWS_AS(run_in_chain(cluster.options("12"), fails), core::InputError);
    CHECK(cluster.path().written("cancelled") == "13\n");
}

TEST_CASE("a full disk ends the chain, also before the work") {
    Cluster cluster;
    cluster.queue(kWaiting);
    const auto fails = []() -> RunResult { throw core::NoSpaceError("no byte left"); };
    CHECK_THROWS_AS(run_in_chain(cluster.options(), fails), core::NoSpaceError);
    CHECK(cluster.path().written("cancelled") == "12\n");
}

TEST_CASE("the first life of a job that SLURM started again elsewhere says nothing for it") {
    Cluster cluster;
    cluster.queue(kWaiting);
    CHECK(run_in_chain(cluster.options(), [&] {
              auto second = *slurm::read_job(cluster.sweep(), "11");
              second.started = core::WallTime{second.started->micros + 1};
              slurm::write_job(cluster.sweep(), second);
              return of(Outcome::done);
          }) == 0);
    CHECK(cluster.path().written("cancelled").empty());
    CHECK_FALSE(slurm::read_job(cluster.sweep(), "11")->ended);
}

}  // namespace graft::commands
