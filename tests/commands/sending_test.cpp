// SPDX-License-Identifier: Apache-2.0
#include "commands/sending.hpp"

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/process.hpp"

#include "sweep/journal.hpp"

#include "slurm/chain.hpp"
#include "support/catch.hpp"
#include "support/fake_path.hpp"
#include "support/pictures.hpp"
#include "support/record_builder.hpp"
#include "support/specs.hpp"

using namespace graft;
using tests::FakePath;
using tests::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

constexpr const char* kSweep =
    "[training]\nimage_size = 32\n[slurm]\nnodes = 2\ntime = \"01:00:00\"\n"
    "[datasets.drawn]\npath = \"images\"\n"
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n";
// Numbers its jobs from 101 and keeps what it was given.
constexpr const char* kSbatch =
    "n=$(cat \"$HERE/count\" 2>/dev/null || echo 100)\nn=$((n + 1))\necho $n > \"$HERE/count\"\n"
    "[ $n -le ${FAKE_LAST:-999} ] || { echo 'error: QOSMaxSubmitJobPerUserLimit' >&2; exit 1; }\n"
    "printf '%s ' \"$@\" >> \"$HERE/args\"\necho $n\n";

// A small study in a directory of its own.
struct Fixture {
    Fixture() {
        tests::write_class_folders(directory / "images", 20);
        core::write_file(directory / "s.toml", kSweep);
        study = commands::load_study(directory / "s.toml");
        path.put("sbatch", kSbatch);
        path.put("squeue", "true\n");
    }
    slurm::BatchScript script() const {
        commands::JobWishes wishes;
        wishes.settings = slurm::settings_of(study.file.slurm);
        wishes.nodes = {{"n1", 8, 64000, 2}, {"n2", 8, 64000, 2}};
        return commands::plan_job(study, wishes, "/opt/graft/bin/graft").script;
    }
    FakePath path;
    TemporaryDirectory directory;
    commands::Study study;
    fs::path sweep() const { return directory / "s"; }
};

std::vector<std::string> after_of(const std::vector<slurm::ChainJob>& jobs) {
    std::vector<std::string> after;
    for (const auto& job : jobs) {
        after.push_back(job.id + ":" + job.after);
    }
    return after;
}

}  // namespace

TEST_CASE("a job asks for what the sweep file, its study and the nodes say") {
    const Fixture fixture;
    const auto script = fixture.script();
    CHECK(script.name == "s");
    CHECK(script.script == fixture.sweep() / "job.sbatch");
    CHECK(script.nodes == 2);
    CHECK(script.gpus_per_node == 2);
    CHECK(script.cpus_per_node == 8);
    CHECK(script.memory_mib > 2 * 3072);
    CHECK(script.memory_mib < 64000);
    CHECK(script.signal_seconds == 120);
    CHECK(script.settings.time_seconds == 3600);
}

TEST_CASE("no more memory is asked for than the nodes have, and that is said") {
    const Fixture fixture;
    commands::JobWishes wishes;
    wishes.nodes = {{"n1", 8, 2000, 2}};
    const auto plan = commands::plan_job(fixture.study, wishes, "/graft");
    CHECK(plan.script.memory_mib == 2000);
    CHECK_THAT(plan.notes.at(0), ContainsSubstring("small_cnn on drawn") &&
                                     ContainsSubstring("the nodes have 2.0 GiB"));
    wishes.settings.memory_mib = 1000;
    CHECK(commands::plan_job(fixture.study, wishes, "/graft").script.memory_mib == 1000);
    wishes.settings.memory_mib = 3000;
    CHECK_THROWS_WITH(commands::plan_job(fixture.study, wishes, "/graft"),
                      ContainsSubstring("--mem"));
}

TEST_CASE("a sent sweep can be started from its directory alone, and knows its job") {
    const Fixture fixture;
    core::create_directories(fixture.sweep());
    core::write_file(slurm::stopped_mark(fixture.sweep()), "");
    const auto sent = commands::send_jobs(fixture.study, fixture.script(), 0);
    CHECK(sent.jobs == std::vector<std::string>{"101"});
    CHECK(fixture.path.written("args") ==
          "--parsable " + (fixture.sweep() / "job.sbatch").string() + " ");
    CHECK(fs::is_directory(fixture.sweep() / "logs"));
    CHECK_FALSE(fs::exists(slurm::stopped_mark(fixture.sweep())));
    const auto again = commands::load_study(fixture.sweep());
    CHECK(again.trials.size() == fixture.study.trials.size());
    CHECK_FALSE(again.file.run.threads);  // settled where it trains
    const auto jobs = slurm::read_jobs(fixture.sweep());
    REQUIRE(jobs.size() == 1);
    CHECK(jobs[0].id == "101");
    CHECK(jobs[0].time_limit == 3600);
    CHECK_FALSE(jobs[0].started);
    CHECK_THAT(core::read_file(fixture.sweep() / "job.sbatch"),
               ContainsSubstring("exec /opt/graft/bin/graft run " + fixture.sweep().string() +
                                 " --ranks 2 --chain"));
}

TEST_CASE("jobs that are sent at once wait for each other") {
    const Fixture fixture;
    const auto sent = commands::send_jobs(fixture.study, fixture.script(), 3);
    CHECK(sent.jobs == std::vector<std::string>{"101", "102", "103"});
    CHECK(after_of(slurm::read_jobs(fixture.sweep())) ==
          std::vector<std::string>{"101:", "102:101", "103:102"});
    CHECK_THAT(fixture.path.written("args"), ContainsSubstring("--dependency=afterany:101 ") &&
                                                 ContainsSubstring("--dependency=afterany:102 "));
}

TEST_CASE("of a chain that SLURM cuts off, what was sent stays") {
    const Fixture fixture;
    fixture.path.put("sbatch", std::string("FAKE_LAST=102\n") + kSbatch);
    const auto sent = commands::send_jobs(fixture.study, fixture.script(), 5);
    CHECK(sent.jobs.size() == 2);
    CHECK_THAT(sent.refused.value(), ContainsSubstring("QOSMaxSubmitJobPerUserLimit"));
    CHECK(slurm::read_jobs(fixture.sweep()).size() == 2);
    fixture.path.put("sbatch", "exit 1\n");
    CHECK_THROWS_AS(commands::send_jobs(fixture.study, fixture.script(), 5), core::InputError);
}

TEST_CASE("what a job that started at once wrote about itself is not written over") {
    const Fixture fixture;
    slurm::ChainJob started;
    started.id = "101";
    started.started = core::WallTime{5};
    slurm::write_job(fixture.sweep(), started);
    commands::send_jobs(fixture.study, fixture.script(), 0);
    CHECK(slurm::read_job(fixture.sweep(), "101") == started);
}

TEST_CASE("a sweep with jobs that wait or run is not sent again") {
    const Fixture fixture;
    const sweep::Record record;
    CHECK_NOTHROW(commands::check_nobody_runs(fixture.sweep(), record));
    slurm::ChainJob job;
    job.id = "7";
    slurm::write_job(fixture.sweep(), job);
    CHECK_NOTHROW(commands::check_nobody_runs(fixture.sweep(), record));
    fixture.path.put("squeue", "echo '7|PENDING|Priority||N/A|N/A'\n");
    CHECK_THROWS_WITH(commands::check_nobody_runs(fixture.sweep(), record),
                      ContainsSubstring("(7 waits)") && ContainsSubstring("graft stop "));
    fixture.path.put("squeue", "echo '7|COMPLETING|None|n1|N/A|N/A'\n");
    CHECK_THROWS_WITH(commands::check_nobody_runs(fixture.sweep(), record),
                      ContainsSubstring("(7 runs)"));
    fixture.path.put("squeue", "exit 1\n");
    CHECK_THROWS_WITH(commands::check_nobody_runs(fixture.sweep(), record),
                      ContainsSubstring("is not known"));
    job.ended = core::WallTime{9};
    slurm::write_job(fixture.sweep(), job);
    CHECK_NOTHROW(commands::check_nobody_runs(fixture.sweep(), record));
    fixture.path.put("squeue", "echo '7|COMPLETING|None|n1|N/A|N/A'\n");
    CHECK_NOTHROW(commands::check_nobody_runs(fixture.sweep(), record));
}

TEST_CASE("trials that are done or given up leave nothing to send") {
    commands::Study study;
    tests::RecordBuilder builder;
    const auto first = tests::planned("mobilenet", "retina", "random", 1);
    const auto second = tests::planned("mobilenet", "retina", "random", 2);
    study.trials = {first, second};
    CHECK(commands::open_trials(study, builder.record()) == 2);
    const auto id = builder.plan(first);
    const auto other = builder.plan(second);
    CHECK(commands::open_trials(study, builder.record()) == 2);
    builder.finish(id, 0.8, 0.7);
    CHECK(commands::open_trials(study, builder.record()) == 1);
    builder.fail(other, "no");
    CHECK(commands::open_trials(study, builder.record()) == 0);
}

TEST_CASE("the longest save and batch of all starts are found in the record") {
    sweep::Record record;
    CHECK_FALSE(commands::longest_batch_and_save(record));
    const auto trial = tests::planned_trial();
    const auto id = sweep::trial_id(trial.spec);
    auto slow = tests::save_recorded(1, id, 1);
    slow.save.save_seconds = 12;
    slow.save.members[0].rows[0].images_per_second = 8;  // 32 images: 4 s
    auto quick = tests::save_recorded(1, id, 2);
    quick.save.save_seconds = 3;
    quick.save.members[0].rows[0].images_per_second = 100;
    for (const auto& event : std::vector<sweep::Event>{
             tests::planned({trial}), tests::attempt_started(1, id), slow, quick}) {
        record.apply(event);
    }
    CHECK(commands::longest_batch_and_save(record) == 16);
}
