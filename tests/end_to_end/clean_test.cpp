// SPDX-License-Identifier: Apache-2.0
// `graft clean` on sweeps of the real programs: running, stopped, killed, edited, on a full disk.
#include <algorithm>
#include <csignal>
#include <fstream>

#include "sweep/trial_files.hpp"

#include "end_to_end/running_sweep.hpp"
#include "end_to_end/small_disk.hpp"
#include "support/catch.hpp"
#include "support/processes.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallDisk;
using tests::SmallSweep;
using tests::start;
using tests::wait_until;
namespace fs = std::filesystem;

namespace {

constexpr const char* kTwoMobileNets =
    "[[grid]]\nnetwork = \"mobilenet_0.25\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "seed = [1, 2]\n";
constexpr const char* kShort =
    "image_size = 32\nepochs = 2\nwarmup_epochs = 1\nlearning_rate = 1e-3\nbatch_size = 8\n";
constexpr const char* kLong =
    "image_size = 32\nepochs = 24\nwarmup_epochs = 0\nlearning_rate = 1e-3\nbatch_size = 4\n";

std::string undisturbed_numbers(const char* training) {
    const SmallSweep small(kTwoMobileNets, training);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    return numbers_of(small);
}

// A trial that trains has saved: its place. On a machine with other work one of two may have ended
// by then, or not begun.
std::optional<std::size_t> saved_trial(const sweep::Record& record) {
    const auto& trials = record.trials();
    const auto found = std::find_if(trials.begin(), trials.end(),
                                    [](const sweep::Trial& trial) { return !trial.files.empty(); });
    return found == trials.end() ? std::nullopt
                                 : std::optional<std::size_t>(found - trials.begin());
}

// Every state that the record names, byte for byte.
void check_states(const SmallSweep& small) {
    const auto record = record_of(small);
    for (const auto& trial : record.trials()) {
        for (const auto& file : trial.files) {
            INFO(file.name);
            REQUIRE(fs::exists(fs::path(small.sweep()) / file.name));
            CHECK(core::read_file(fs::path(small.sweep()) / file.name).size() == file.bytes);
        }
    }
}

std::size_t files_named(const SmallSweep& small, const std::string& name) {
    std::size_t count = 0;
    for (const auto& entry : fs::recursive_directory_iterator(small.sweep() + "/trials")) {
        count += entry.path().filename() == name;
    }
    return count;
}

// Leaves `left` bytes, as near as a file system goes.
void fill(const SmallSweep& small, std::uint64_t left) {
    const auto free = core::free_bytes(small.sweep());
    std::ofstream(small.sweep() + "/filler", std::ios::binary) << std::string(free - left, 'x');
    REQUIRE(core::free_bytes(small.sweep()) <= left);
}

}  // namespace

TEST_CASE("a sweep that runs is not cleaned, and is not disturbed by the question") {
    const auto expected = undisturbed_numbers(kLong);
    const SmallSweep small(kTwoMobileNets, kLong);
    auto run = start(small);
    wait_until(small, tests::begun);
    const auto refused = tests::graft({"clean", small.sweep(), "--weights", "none"});
    CHECK(refused.code == 2);
    CHECK_THAT(refused.output, ContainsSubstring(fmt::format("pid {} on ", run.pid())) &&
                                   ContainsSubstring("graft stop " + small.sweep()));
    CHECK(tests::graft({"clean", small.sweep(), "--dry-run"}).code == 0);
    CHECK(std::get<core::Exited>(run.wait()).code == 0);
    CHECK(numbers_of(small) == expected);
}

TEST_CASE("a sweep that was stopped or killed goes on after a cleaning to the same numbers") {
    const auto expected = undisturbed_numbers(kLong);
    for (const int signal : {SIGINT, SIGKILL}) {
        INFO("signal " << signal);
        const SmallSweep small(kTwoMobileNets, kLong);
        {
            auto run = start(small);
            wait_until(small, saved_trial);
            run.signal(signal);
            run.wait();
        }
        REQUIRE(tests::comes_true([&] { return tests::processes_of(small.sweep()).empty(); }));
        const auto record = record_of(small);
        const auto trial = record.trials().at(saved_trial(record).value()).id;
        const auto litter = fs::path(small.sweep()) / sweep::numbered_file(trial, 0, 9, "state");
        core::write_file(litter, "of an attempt before");
        const auto status = tests::graft({"status", small.sweep()});
        CHECK_THAT(status.output,
                   ContainsSubstring(signal == SIGKILL ? "gone without a word" : "(drained)"));
        const auto cleaned = tests::graft({"clean", small.sweep(), "--weights", "none", "--logs"});
        INFO(cleaned.output);
        CHECK(cleaned.code == 0);
        CHECK_FALSE(fs::exists(litter));
        check_states(small);
        CHECK(record_of(small).starts().back().closed->reason != "done");
        REQUIRE(tests::graft({"run", small.file()}).code == 0);
        CHECK(numbers_of(small) == expected);
    }
}

TEST_CASE("freed weights are named by no store, missed by no run, and back by none") {
    const SmallSweep small(kTwoMobileNets, kShort);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto before = numbers_of(small);
    const auto dry = tests::graft({"clean", small.sweep(), "--weights", "none", "--dry-run"});
    CHECK_THAT(dry.output, ContainsSubstring("would free") && ContainsSubstring("2 files"));
    CHECK(files_named(small, "best.h5") == 2);
    const auto cleaned =
        tests::graft({"clean", small.sweep(), "--weights", "best_per:network,dataset"});
    INFO(cleaned.output);
    CHECK(cleaned.code == 0);
    CHECK_THAT(cleaned.output, ContainsSubstring("weights (best.h5)") &&
                                   ContainsSubstring("freed ") && ContainsSubstring(" free now\n"));
    CHECK(files_named(small, "best.h5") == 1);
    CHECK(files_named(small, "predictions.h5") == 2);
    CHECK_FALSE(fs::exists(small.sweep() + "/results.previous.h5"));
    const auto listed =
        tests::graft({"query", small.sweep(), "--columns", "weights", "--format", "csv"});
    CHECK_THAT(listed.output, ContainsSubstring("best.h5"));
    const auto again = tests::graft({"run", small.file()});
    INFO(again.output);
    CHECK(again.code == 0);
    CHECK(numbers_of(small) == before);
    CHECK(files_named(small, "best.h5") == 1);
    CHECK_THAT(tests::graft({"status", small.sweep()}).output, ContainsSubstring("2 done"));
    const auto json = tests::graft({"clean", small.sweep(), "--weights", "none", "--json"});
    CHECK(json.code == 0);
    CHECK_THAT(json.output, ContainsSubstring("\"kind\": \"weights\", \"files\": 1"));
    CHECK(files_named(small, "best.h5") == 0);
    CHECK(files_named(small, "predictions.h5") == 2);
}

TEST_CASE("weights of trials that an edited sweep file left out go when they are asked for") {
    SmallSweep small(kTwoMobileNets, kShort);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    std::string text = core::read_file(small.file());
    small.write(text.replace(text.find("seed = [1, 2]"), 13, "seed = [1, 3]"));
    REQUIRE(tests::graft({"run", small.file(), "--accept"}).code == 0);
    const auto numbers = numbers_of(small);
    CHECK(files_named(small, "best.h5") == 3);
    const auto kept = tests::graft({"clean", small.sweep()});
    CHECK_THAT(kept.output, ContainsSubstring("--left-out frees them"));
    CHECK(files_named(small, "best.h5") == 3);
    REQUIRE(tests::graft({"clean", small.sweep(), "--left-out"}).code == 0);
    CHECK(files_named(small, "best.h5") == 2);
    CHECK(files_named(small, "predictions.h5") == 3);
    CHECK(numbers_of(small) == numbers);
}

TEST_CASE("weights that another trial of the sweep starts from stay") {
    SmallSweep small(kTwoMobileNets, kShort);
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto first = record_of(small).trials().at(0).id;
    const auto best = small.sweep() + "/trials/" + first.text() + "/best.h5";
    small.write(core::read_file(small.file()) +
                "[[grid]]\nnetwork = \"mobilenet_0.25\"\ndataset = \"drawn\"\ninit = \"" + best +
                "\"\nseed = [1, 2]\n");
    {
        auto run = start(small);
        wait_until(small, [](const auto& record) {
            return record.trials().size() == 4 && !record.trials()[2].attempts.empty();
        });
        run.signal(SIGINT);
        run.wait();
    }
    const auto cleaned = tests::graft({"clean", small.sweep(), "--weights", "none"});
    INFO(cleaned.output);
    CHECK_THAT(cleaned.output, ContainsSubstring("other trials of this sweep start from"));
    CHECK(fs::exists(best));
    CHECK(tests::graft({"run", small.file()}).code == 0);
}

TEST_CASE("a disk without a free byte is cleaned, and the run goes on to the same numbers") {
    if (!tests::may_mount()) {
        return;
    }
    const auto expected = undisturbed_numbers(kShort);
    const SmallSweep small(kTwoMobileNets, kShort);
    const SmallDisk disk(small.sweep(), "size=64m");
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto trial = record_of(small).trials().at(0).id;
    const auto litter = fs::path(small.sweep()) / sweep::numbered_file(trial, 1, 1, "state");
    core::write_file(litter, std::string(100000, 'x'));
    fill(small, 0);
    const auto cleaned = tests::graft({"clean", small.sweep(), "--weights", "none"});
    INFO(cleaned.output);
    CHECK(cleaned.code == 0);
    CHECK_FALSE(fs::exists(litter));
    CHECK(files_named(small, "best.h5") == 0);
    CHECK(core::free_bytes(small.sweep()) > 1000000);
    fs::remove(small.sweep() + "/filler");
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    CHECK(numbers_of(small) == expected);
}

TEST_CASE("a full disk on which nothing can go without a record says so with 74") {
    if (!tests::may_mount()) {
        return;
    }
    const SmallSweep small(kTwoMobileNets, kShort);
    const SmallDisk disk(small.sweep(), "size=64m");
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    fs::remove(small.sweep() + "/results.previous.h5");
    fill(small, 0);
    const auto full = tests::graft({"clean", small.sweep(), "--weights", "none"});
    INFO(full.output);
    CHECK(full.code == 74);
    CHECK_THAT(full.output, ContainsSubstring("freed 0 B in 0 files") &&
                                ContainsSubstring("type the same command"));
    CHECK(files_named(small, "best.h5") == 2);
    fs::remove(small.sweep() + "/filler");
    CHECK(tests::graft({"clean", small.sweep(), "--weights", "none"}).code == 0);
    CHECK(files_named(small, "best.h5") == 0);
}

TEST_CASE("graft clean on what a full disk left lets the run go on, as its message says") {
    if (!tests::may_mount()) {
        return;
    }
    const auto expected = undisturbed_numbers(kShort);
    const SmallSweep small(kTwoMobileNets, kShort);
    const SmallDisk disk(small.sweep(), "size=2m");  // two best.h5 of 1.1 MB
    const auto full = tests::graft({"run", small.file()});
    INFO(full.output);
    REQUIRE(full.code == 74);
    const auto cleaned = tests::graft({"clean", small.sweep(), "--weights", "none"});
    INFO(cleaned.output);
    CHECK((cleaned.code == 0 || cleaned.code == 74));
    check_states(small);
    disk.change("size=64m");
    CHECK(tests::graft({"run", small.file()}).code == 0);
    CHECK(numbers_of(small) == expected);
}
