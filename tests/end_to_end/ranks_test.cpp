// SPDX-License-Identifier: Apache-2.0
// The real programs when coordinators are taken for dead, or die: the numbers must not show it.
#include <csignal>
#include <set>

#include "core/clock.hpp"
#include "core/file.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

#include "end_to_end/running_sweep.hpp"
#include "scheduler/launcher.hpp"
#include "scheduler/orphans.hpp"
#include "support/catch.hpp"
#include "support/processes.hpp"

using namespace graft;
using tests::comes_true;
using tests::numbers_of;
using tests::record_of;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

// Two trials of some seconds each; a coordinator counts as dead after 3 s.
void write_sweep(const SmallSweep& small) {
    std::ofstream(small.file())
        << "[training]\nimage_size = 16\nepochs = 25\nwarmup_epochs = 0\nlearning_rate = 1e-3\n"
           "batch_size = 4\n[run]\nthreads = 1\nslots = 1\nlost_after = \"3 s\"\n"
           "[datasets.drawn]\npath = \"images\"\n[[grid]]\nnetwork = \"small_cnn\"\n"
           "dataset = \"drawn\"\ninit = \"random\"\nseed = [1, 2]\n";
}

// Of the same sweep, never disturbed; trained once.
const std::string& undisturbed() {
    static const std::string numbers = [] {
        const SmallSweep small;
        write_sweep(small);
        const auto ran = tests::graft({"run", small.file()});
        INFO(ran.output);
        REQUIRE(ran.code == 0);
        return numbers_of(small);
    }();
    return numbers;
}

int results_in_journal(const SmallSweep& small) {
    int results = 0;
    sweep::read_journal(small.sweep(), [&](const sweep::Event& event) {
        if (const auto* save = std::get_if<sweep::SaveRecorded>(&event)) {
            for (const auto& member : save->save.members) {
                results += member.result.has_value();
            }
        }
    });
    return results;
}

std::size_t trials_begun(const SmallSweep& small) {
    std::size_t begun = 0;
    const auto record = record_of(small);
    for (const auto& trial : record.trials()) {
        begun += !trial.attempts.empty() && !trial.attempts[0].numerics.empty();
    }
    return begun;
}

std::string graft_program() {
    return (tests::programs() / "graft").string();
}

// `graft run` as if on another machine; the process is graft itself.
core::Child run_on_host(const SmallSweep& small, const std::string& host) {
    core::Spawn spawn;
    spawn.arguments = {"unshare",
                       "-u",
                       "sh",
                       "-c",
                       "hostname \"$0\"; exec \"$1\" run \"$2\" 2>\"$3\" >&2",
                       host,
                       graft_program(),
                       small.file(),
                       (small.directory() / host).string()};
    return core::spawn(spawn);
}

int code_of(core::Child& child) {
    const auto status = child.wait();
    const auto* exited = std::get_if<core::Exited>(&status);
    return exited ? exited->code : -1;
}

core::Child run_two_ranks(const SmallSweep& small) {
    core::Spawn spawn;
    spawn.arguments = scheduler::mpirun_command(2, 1);
    spawn.arguments.insert(spawn.arguments.end(), {graft_program(), "run", small.file()});
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT"] = "1";
    spawn.environment["OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] = "1";
    return core::spawn(spawn);
}

}  // namespace

TEST_CASE("a coordinator that stood still is followed by one on another host, and ends by itself") {
    if (tests::ran({"unshare", "-u", "hostname", "other"}).code != 0) {
        WARN("not tested: this user may not set a host name in a namespace (unshare -u)");
        return;
    }
    const SmallSweep small;
    write_sweep(small);
    auto first = run_on_host(small, "first");
    REQUIRE(comes_true([&] { return trials_begun(small) > 0; }));
    first.signal(SIGSTOP);
    const auto stopped = core::now();
    auto second = run_on_host(small, "second");
    REQUIRE(comes_true([&] { return record_of(small).starts().size() == 2; }));
    const double silence = core::Seconds(core::now() - stopped).count();
    WARN("taken over after " << silence << " s");
    CHECK(silence > 2.5);  // lost_after, less one interval of the counter
    // It names itself there right after it took the journal.
    const auto second_holds = [&] {
        return core::read_file(fs::path(small.sweep()) / "coordinator").find("host second") !=
               std::string::npos;
    };
    REQUIRE(comes_true(second_holds));
    first.signal(SIGCONT);
    CHECK(code_of(first) == 70);
    CHECK(code_of(second) == 0);
    const auto said = core::read_file(small.directory() / "first");
    CHECK_THAT(said, ContainsSubstring("another start took this sweep over"));
    CHECK_THAT(core::read_file(small.directory() / "second"),
               ContainsSubstring(fmt::format("s more for pid {} on first", first.pid())));
    CHECK(second_holds());
    CHECK(tests::processes_of(small.directory()).empty());
    CHECK(results_in_journal(small) == 2);
    CHECK(numbers_of(small) == undisturbed());
}

TEST_CASE("what a rank had trained when rank 0 was killed is gone on from, to the bit") {
    const SmallSweep small;
    write_sweep(small);
    auto job = run_two_ranks(small);
    REQUIRE(comes_true([&] { return trials_begun(small) == 2; }));
    core::sleep_for(core::Seconds(1));  // some batches
    const auto rank = tests::pid_of_rank(small.directory(), 0);
    REQUIRE(rank > 0);
    ::kill(rank, SIGKILL);
    const auto killed = core::now();
    REQUIRE(comes_true([&] { return tests::processes_of(small.directory()).empty(); }));
    WARN("the other rank left after " << core::Seconds(core::now() - killed).count() << " s");
    job.wait();
    std::vector<std::string> complaints;
    const auto orphans = scheduler::read_orphans(small.sweep(), complaints);
    CHECK(complaints.empty());
    REQUIRE_FALSE(orphans.empty());
    const auto& last = orphans.back().save.save;
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    // The next attempt's epochs begin where the orphan ends.
    bool adopted = false;
    const auto after = record_of(small);
    for (const auto& trial : after.trials()) {
        adopted = adopted || (trial.id == last.members[0].trial && trial.attempts[0].saves > 0);
    }
    CHECK(adopted);
    sweep::read_journal(small.sweep(), [&](const sweep::Event& event) {
        const auto* save = std::get_if<sweep::SaveRecorded>(&event);
        if (save && save->save.cohort > last.cohort &&
            save->save.members[0].trial == last.members[0].trial) {
            CHECK(save->save.position.step > last.position.step);
            for (const auto& row : save->save.members[0].rows) {
                CHECK(row.step > last.position.step);
            }
        }
    });
    CHECK(results_in_journal(small) == 2);
    CHECK(numbers_of(small) == undisturbed());
}
