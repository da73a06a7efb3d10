// SPDX-License-Identifier: Apache-2.0
// States, best weights and predictions on a disk that fails: real trainers, with the calls that
// HDF5 and core/file make interposed.
#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallSweep;

namespace {

constexpr const char* kOneTrial =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n";
// A save when the warm-up ends, so that a state, best weights and predictions are written.
constexpr const char* kTraining =
    "image_size = 16\nepochs = 2\nwarmup_epochs = 1\nwarmup_for = \"all\"\n"
    "learning_rate = 1e-3\nbatch_size = 8\n";

// `graft run` while calls below trials/ fail: "<kind>:<index>[+]:<error>", in every process anew.
tests::Ran run_with(const SmallSweep& small, const std::string& fault) {
    return tests::ran({"env", "LD_PRELOAD=" GRAFT_FAULTY_FILES,
                       "GRAFT_FAULTS=" + fault + ":" + small.sweep() + "/trials",
                       (tests::programs() / "graft").string(), "run", small.file()});
}

const std::string& undisturbed() {
    static const std::string numbers = [] {
        const SmallSweep small(kOneTrial, kTraining);
        REQUIRE(tests::graft({"run", small.file()}).code == 0);
        return numbers_of(small);
    }();
    return numbers;
}

void check_goes_on(const SmallSweep& small) {
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    CHECK(ran.code == 0);
    CHECK(numbers_of(small) == undisturbed());
}

void check_readable(const tests::Ran& ran) {
    for (const char* unreadable : {"frame #", "terminate called", "HDF5-DIAG", "internal error"}) {
        CHECK(ran.output.find(unreadable) == std::string::npos);
    }
}

}  // namespace

TEST_CASE("a trainer whose disk or quota is full ends the run with 74, and then goes on") {
    for (const char* fault :
         {"mkdir:0:ENOSPC", "open:0+:EDQUOT", "write:5:ENOSPC", "write:20+:EDQUOT", "sync:0:ENOSPC",
          "sync:3+:EDQUOT", "rename:1:ENOSPC"}) {
        const SmallSweep small(kOneTrial, kTraining);
        const auto ran = run_with(small, fault);
        INFO(fault << ": " << ran.output);
        CHECK(ran.code == 74);
        CHECK_THAT(ran.output, ContainsSubstring("graft clean"));
        check_readable(ran);
        const auto record = record_of(small);
        CHECK(record.trials().at(0).attempts.size() == 1);
        CHECK(sweep::kind_of(*record.trials()[0].attempts[0].ending) == "no_space");
        check_goes_on(small);
    }
}

TEST_CASE("a trainer whose disk fails costs attempts, three fail its trial, and a retry goes on",
          "[long]") {
    for (const char* fault : {"write:20+:EIO", "sync:0:EIO", "rename:1:EIO"}) {
        const SmallSweep small(kOneTrial, kTraining);
        const auto ran = run_with(small, fault);
        INFO(fault << ": " << ran.output);
        CHECK(ran.code == 1);
        check_readable(ran);
        CHECK(record_of(small).trials().at(0).attempts.size() >= 3);
        REQUIRE(tests::graft({"retry", small.sweep()}).code == 0);
        check_goes_on(small);
    }
}
