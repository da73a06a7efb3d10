// SPDX-License-Identifier: Apache-2.0
// Faults of trainers, really caused: each has its ending, costs what it must, and the sweep goes
// on.
#include <fstream>

#include "models/weights.hpp"

#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

constexpr const char* kOneTrial =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n";
constexpr const char* kLong =
    "image_size = 16\nepochs = 12\nwarmup_epochs = 0\nlearning_rate = 1e-3\nbatch_size = 4\n";

void signal_trainers_of(const core::Child& run, const std::string& signal) {
    REQUIRE(tests::ran({"pkill", "-" + signal, "-P", std::to_string(run.pid()), "graft-trainer"})
                .code == 0);
}

// The texts in logs/ of trainers.
std::string trainer_logs(const SmallSweep& small) {
    std::string all;
    for (const auto& entry : fs::directory_iterator(small.sweep() + "/logs")) {
        if (entry.path().filename().string().starts_with("trainer")) {
            all += core::read_file(entry.path());
        }
    }
    return all;
}

// A copy of this build's programs, to put others in their place.
struct Programs {
    explicit Programs(const SmallSweep& small) : bin(small.directory() / "bin") {
        fs::create_directories(bin);
        for (const char* name : {"graft", "graft-trainer", "graft-prepare", "graft-codecs.so"}) {
            fs::copy_file(tests::programs() / name, bin / name);
        }
    }
    tests::Ran run(const SmallSweep& small) const {
        return tests::ran({(bin / "graft").string(), "run", small.file()});
    }
    fs::path bin;
};

}  // namespace

TEST_CASE("a trainer that crashes or is killed costs an attempt, under its own name") {
    const SmallSweep whole(kOneTrial, kLong);
    REQUIRE(tests::graft({"run", whole.file()}).code == 0);
    for (const auto& [signal, kind, text] :
         std::vector<std::tuple<std::string, std::string, std::string>>{
             {"SEGV", "crashed", "crashed (signal 11, SIGSEGV)"},
             {"ABRT", "crashed", "crashed (signal 6, SIGABRT)"},
             {"KILL", "killed", "killed (signal 9, SIGKILL)"}}) {
        const SmallSweep broken(kOneTrial, kLong);
        auto run = tests::start(broken);
        tests::wait_until(broken, tests::begun);
        signal_trainers_of(run, signal);
        CHECK(std::get<core::Exited>(run.wait()).code == 0);
        const auto record = record_of(broken);
        REQUIRE(record.trials()[0].attempts.size() == 2);
        const auto& ending = *record.trials()[0].attempts[0].ending;
        CHECK(sweep::kind_of(ending) == kind);
        CHECK(sweep::text_of(ending) == text);
        CHECK(numbers_of(broken) == numbers_of(whole));
    }
}

TEST_CASE("a learning rate that diverges is a result: told, kept, and never tried again") {
    const SmallSweep small(kOneTrial,
                           "image_size = 16\nepochs = 3\nwarmup_epochs = 0\nbatch_size = 8\n"
                           "learning_rate = 1e12\n");
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK_THAT(ran.output, ContainsSubstring("diverged in epoch 1"));
    const auto trial = record_of(small).trials().at(0);
    CHECK(sweep::name_of(trial.state) == "diverged");
    CHECK(trial.attempts.size() == 1);
    CHECK_THAT(tests::graft({"status", small.sweep()}).output, ContainsSubstring("diverged"));
    CHECK(tests::graft({"run", small.file()}).code == 0);
    CHECK(record_of(small).trials().at(0).attempts.size() == 1);
}

TEST_CASE("an allocation that fails is out of host memory, without a stack in the log") {
    const SmallSweep small(kOneTrial,
                           "image_size = 1024\nepochs = 1\nwarmup_epochs = 0\nbatch_size = 32\n"
                           "learning_rate = 1e-3\n");
    // Enough for the programs, not for the 4 GiB of the first convolution's output.
    const auto ran = tests::ran({"sh", "-c", "ulimit -v 4000000; exec \"$@\"", "sh",
                                 (tests::programs() / "graft").string(), "run", small.file()});
    INFO(ran.output);
    CHECK(ran.code != 0);
    const auto record = record_of(small);
    const auto& attempts = record.trials().at(0).attempts;
    REQUIRE_FALSE(attempts.empty());
    CHECK(sweep::kind_of(*attempts[0].ending) == "no_host_memory");
    CHECK_THAT(sweep::text_of(*attempts[0].ending), ContainsSubstring("tried to allocate"));
    CHECK(trainer_logs(small).find("frame #") == std::string::npos);
}

TEST_CASE("a trainer that is missing, or cannot be executed, is named before anything starts") {
    const SmallSweep small(kOneTrial);
    const Programs programs(small);
    const auto trainer = programs.bin / "graft-trainer";
    fs::permissions(trainer, fs::perms(0644));
    auto ran = programs.run(small);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring(trainer.string()));
    fs::remove(trainer);
    ran = programs.run(small);
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("cannot find 'graft-trainer'"));
    fs::copy_file(tests::programs() / "graft-trainer", trainer);
    CHECK(programs.run(small).code == 0);
}

TEST_CASE("a trainer that ends at once, or is of another build, fails the trial with its words") {
    const SmallSweep small(kOneTrial);
    const Programs programs(small);
    const auto trainer = programs.bin / "graft-trainer";
    core::write_file(trainer, "#!/bin/sh\necho the driver is missing >&2\nexit 3\n");
    fs::permissions(trainer, fs::perms(0755));
    auto ran = programs.run(small);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("crashed (exit code 3)"));
    CHECK_THAT(trainer_logs(small), ContainsSubstring("the driver is missing"));
    core::write_file(trainer, "no program at all");
    fs::permissions(trainer, fs::perms(0755));
    REQUIRE(tests::graft({"retry", small.sweep()}).code == 0);
    ran = programs.run(small);
    CHECK(ran.code == 1);
    CHECK_THAT(ran.output, ContainsSubstring("cannot start '" + trainer.string()));
}

TEST_CASE("weights that go or change while the sweep runs fail their trials, and no others") {
    SmallSweep small;
    const auto weights = small.directory() / "w.h5";
    const auto network = models::build_network("small_cnn", 2);
    models::write_keras_weights(
        weights, network, models::make_weights(network, models::Init::random, nullptr, 100, 1));
    small.write(std::string("[training]\n") + kLong +
                "[run]\nthreads = 1\nslots = 1\n[datasets.drawn]\npath = \"images\"\n"
                "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\n"
                "init = [\"w.h5\", \"random\"]\nseed = [1, 2]\n");
    auto run = tests::start(small);
    tests::wait_until(small, tests::begun);
    std::fstream(weights, std::ios::in | std::ios::out | std::ios::binary).seekp(5000).put('!');
    CHECK(std::get<core::Exited>(run.wait()).code == 1);
    int done = 0;
    std::vector<std::string> failures;
    const auto record = record_of(small);
    for (const auto& trial : record.trials()) {
        if (const auto* failed = std::get_if<sweep::Failed>(&trial.state)) {
            failures.push_back(failed->message);
            CHECK(trial.attempts.size() == 1);
        } else {
            ++done;
        }
    }
    CHECK(done >= 2);
    REQUIRE_FALSE(failures.empty());
    CHECK_THAT(failures[0], ContainsSubstring(weights.string()));
}
