// SPDX-License-Identifier: Apache-2.0
// The real programs on a small sweep, from the sweep file to the answers.
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "models/keras_json.hpp"

#include "end_to_end/running_sweep.hpp"
#include "scheduler/holder.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::begun;
using tests::numbers_of;
using tests::programs;
using tests::record_of;
using tests::SmallSweep;
using tests::start;
using tests::wait_until;
namespace fs = std::filesystem;

namespace {

constexpr const char* kOneTrial =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n";
constexpr const char* kLong =
    "image_size = 16\nepochs = 40\nwarmup_epochs = 0\nlearning_rate = 1e-3\nbatch_size = 4\n";

}  // namespace

TEST_CASE("a sweep runs from the file to the answers") {
    const SmallSweep small;
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    const auto record = record_of(small);
    REQUIRE(record.trials().size() == 4);
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        CHECK(trial.rows.size() == 3);
        CHECK(fs::exists(small.sweep() + "/trials/" + trial.id.text() + "/best.h5"));
        CHECK(fs::exists(small.sweep() + "/trials/" + trial.id.text() + "/predictions.h5"));
    }
    const auto store = core::h5::File::open(small.sweep() + "/results.h5");
    CHECK(store.shape("/trials") == core::h5::Shape{4});
    CHECK(store.shape("/epochs") == core::h5::Shape{12});
    const auto answer = tests::graft({"query", small.sweep(), "--format", "csv"});
    CHECK(answer.code == 0);
    CHECK_THAT(answer.output, ContainsSubstring("small_cnn"));
    const auto status = tests::graft({"status", small.sweep()});
    CHECK(status.code == 0);
    CHECK_THAT(status.output, ContainsSubstring("4"));
    // The same command again trains nothing.
    const auto again = tests::graft({"run", small.file()});
    CHECK(again.code == 0);
    CHECK(record_of(small).next_cohort() == record.next_cohort());
}

TEST_CASE("a network from a file trains as the built-in one, and goes on without its file") {
    const std::string training =
        "image_size = 16\nepochs = 12\nwarmup_epochs = 0\nbatch_size = 4\n";
    const SmallSweep built_in(kOneTrial, training);
    std::string grid = kOneTrial;
    grid.replace(grid.find("small_cnn"), 9, "nets/mine.json");
    const SmallSweep small(grid, training);
    fs::create_directories(small.directory() / "nets");
    const auto file = small.directory() / "nets/mine.json";
    core::write_file(file, models::keras_json(models::build_network("small_cnn", 2)));
    REQUIRE(tests::graft({"run", built_in.file()}).code == 0);
    {
        auto child = start(small);
        wait_until(small, begun);
        child.signal(2);
        CHECK(std::get<core::Exited>(child.wait()).code == 75);
    }
    fs::remove(file);
    CHECK_THAT(tests::graft({"run", small.file()}).output,
               ContainsSubstring("name its directory instead of the file"));
    REQUIRE(tests::graft({"run", small.sweep()}).code == 0);
    const auto weights = [](const SmallSweep& of) {
        return std::get<sweep::Done>(record_of(of).trials().at(0).state).result.weights.hash;
    };
    CHECK(weights(small) == weights(built_in));
    const auto answer = tests::graft({"query", small.sweep(), "--where", "network=mine"});
    CHECK(answer.code == 0);
    CHECK_THAT(answer.output, !ContainsSubstring("@"));
}

TEST_CASE("ranks under MPI give the numbers of a run alone, to the bit") {
    const SmallSweep alone;
    const SmallSweep ranks;
    REQUIRE(tests::graft({"run", alone.file()}).code == 0);
    const auto ran = tests::graft({"run", ranks.file(), "--ranks", "2"});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    CHECK(numbers_of(alone) == numbers_of(ranks));
}

TEST_CASE("Ctrl-C saves and leaves with 75, and going on gives the same numbers") {
    const SmallSweep whole(kOneTrial, kLong);
    const SmallSweep broken(kOneTrial, kLong);
    REQUIRE(tests::graft({"run", whole.file()}).code == 0);
    {
        auto child = start(broken);
        wait_until(broken, begun);
        child.signal(2);
        CHECK(std::get<core::Exited>(child.wait()).code == 75);
    }
    REQUIRE(tests::graft({"run", broken.file()}).code == 0);
    CHECK(record_of(broken).trials()[0].attempts.size() == 2);
    CHECK(numbers_of(whole) == numbers_of(broken));
}

TEST_CASE("a killed trainer costs one attempt, and the numbers stay the same") {
    const SmallSweep whole(kOneTrial, kLong);
    const SmallSweep broken(kOneTrial, kLong);
    REQUIRE(tests::graft({"run", whole.file()}).code == 0);
    auto child = start(broken);
    wait_until(broken, begun);
    REQUIRE(
        tests::ran({"pkill", "-KILL", "-P", std::to_string(child.pid()), "graft-trainer"}).code ==
        0);
    CHECK(std::get<core::Exited>(child.wait()).code == 0);
    const auto record = record_of(broken);
    REQUIRE(record.trials()[0].attempts.size() == 2);
    CHECK(sweep::kind_of(*record.trials()[0].attempts[0].ending) == "killed");
    CHECK(numbers_of(whole) == numbers_of(broken));
}

TEST_CASE("a build in the middle of a sweep does not hurt it") {
    const SmallSweep small(kOneTrial, kLong);
    const auto bin = small.directory() / "bin";
    fs::create_directories(bin);
    for (const char* name : {"graft", "graft-trainer", "graft-prepare", "graft-codecs.so"}) {
        fs::copy_file(programs() / name, bin / name);
    }
    auto child = start(small, bin);
    wait_until(small, begun);
    for (const char* name : {"graft", "graft-trainer", "graft-prepare", "graft-codecs.so"}) {
        core::write_file(bin / name, "another build");
    }
    REQUIRE(
        tests::ran({"pkill", "-KILL", "-P", std::to_string(child.pid()), "graft-trainer"}).code ==
        0);
    CHECK(std::get<core::Exited>(child.wait()).code == 0);
    CHECK(record_of(small).trials()[0].attempts.size() == 2);
    CHECK(fs::exists(small.sweep() + "/results.h5"));
}

TEST_CASE("a second coordinator on the same directory is refused") {
    const SmallSweep small(SmallSweep::kGrid, kLong);
    auto child = start(small);
    wait_until(small, [](const sweep::Record& record) { return !record.trials().empty(); });
    const auto second = tests::graft({"run", small.file()});
    CHECK(second.code == 2);
    CHECK_THAT(second.output, ContainsSubstring(std::to_string(child.pid())));
    child.signal(2);
    CHECK(std::get<core::Exited>(child.wait()).code == 75);
}

TEST_CASE("a start that died before it had written the sweep file is followed like any other") {
    const SmallSweep small(kOneTrial);
    core::Child died = core::fork_child([] { return 0; });
    died.wait();
    sweep::Started started;
    started.host = core::host_name();
    started.pid = died.pid();
    started.start_id = "died";
    REQUIRE(sweep::JournalWriter::start(small.sweep(), started, [](const auto&) {}));
    scheduler::Holder holder;
    holder.host = started.host;
    holder.boot_id = core::boot_id();
    holder.pid = started.pid;
    holder.start_id = started.start_id;
    scheduler::write_holder(small.sweep(), holder);
    core::write_file(small.sweep() + "/sweep.toml.4711.tmp", "[train");
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    CHECK(ran.code == 0);
}

TEST_CASE("a sweep file that loses trials with results is asked about first") {
    SmallSweep small;
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    std::string text = core::read_file(small.file());
    text.replace(text.find("seed = [1, 2]"), 13, "seed = [2, 3]");
    small.write(text);
    const auto asked = tests::graft({"run", small.file()});
    CHECK(asked.code == 2);
    CHECK_THAT(asked.output, ContainsSubstring("+2 new, 2 unchanged, 2 left out"));
    CHECK_THAT(asked.output, ContainsSubstring("--accept"));
    REQUIRE(tests::graft({"run", small.file(), "--accept"}).code == 0);
    CHECK(record_of(small).trials().size() == 6);
}
