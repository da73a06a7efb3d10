// SPDX-License-Identifier: Apache-2.0
// The table of scheduler/retry.hpp, by the reactor: memory of hosts and devices, and their faults.
#include "scheduler/bench.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::tests;
using scheduler::Outcome;

namespace {

void start_with_devices(Bench& bench, int trials, const std::vector<std::string>& devices) {
    bench.start(Bench::trials(trials));
    bench.make_ready();
    bench.hello(0, devices);
}

}  // namespace

TEST_CASE("a host that runs out of memory trains fewer trials at a time") {
    Bench bench;
    bench.start_ready(9, 3);
    bench.state.settings.lost_after = core::Seconds(1e9);
    auto running = bench.by_place();
    const sweep::HostOutOfMemory killed{"the limit is 16.0 GiB"};
    bench.end(running.at({0, 1}), killed);
    CHECK(bench.gone(0, 1));
    CHECK_THAT(bench.line_with("takes no more work"), ContainsSubstring("16.0 GiB"));
    SECTION("two at once are one shortage") {
        bench.tick(1);
        bench.end(running.at({0, 2}), killed);
        CHECK_FALSE(bench.gone(0, 2));
        CHECK(bench.take<sweep::Assign>().size() == 1);
    }
    SECTION("alone and still killed, the sweep stops with what to ask for") {
        bench.tick(8);
        bench.end(running.at({0, 2}), killed);
        CHECK(bench.gone(0, 2));
        CHECK_FALSE(bench.state.stop);
        bench.tick(8);
        bench.end(running.at({0, 0}), killed);
        const auto result = scheduler::result_of(bench.state);
        CHECK(result.outcome == Outcome::input_error);
        CHECK_THAT(result.message, ContainsSubstring("--mem"));
        CHECK_THAT(result.message, ContainsSubstring("16.0 GiB"));
    }
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    CHECK(bench.slot(0, 1).charges == 0);
}

TEST_CASE("ranks of one host share its memory") {
    Bench bench(2);
    bench.start(Bench::trials(4));
    bench.make_ready();
    bench.hello(0, {"GPU-a"}, "host");
    bench.hello(1, {"GPU-b"}, "host");
    auto running = bench.by_place();
    bench.end(running.at({1, 0}), sweep::HostOutOfMemory{"x"}, 1);
    CHECK(bench.gone(1, 0));
    CHECK_FALSE(bench.state.stop);
}

TEST_CASE("a trial too large for a device of its own fails with the sizes") {
    Bench bench;
    start_with_devices(bench, 2, {"GPU-a"});
    const auto assign = bench.assigned();
    bench.end(assign, sweep::DeviceOutOfMemory{"Tried to allocate 2.00 GiB"});
    CHECK(bench.state_of(assign.members[0].trial) == "failed");
    const auto line = bench.line_with("failed");
    CHECK_THAT(line, ContainsSubstring("32 px"));
    CHECK_THAT(line, ContainsSubstring("batch_size 32"));
    CHECK_THAT(line, ContainsSubstring("2.00 GiB"));
    CHECK(bench.take<sweep::Assign>().size() == 1);
}

TEST_CASE("a shared device that runs out of memory gets one trainer fewer") {
    Bench bench;
    start_with_devices(bench, 3, {"GPU-a", "GPU-a"});
    auto running = bench.by_place();
    bench.end(running.at({0, 0}), sweep::DeviceOutOfMemory{"x"});
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    CHECK(bench.gone(0, 0));
    bench.end(running.at({0, 1}), sweep::DeviceOutOfMemory{"x"});
    CHECK(bench.count<sweep::TrialFailed>() == 1);
}

TEST_CASE("a device that fails is recorded, and rests for seven days in every start") {
    Bench bench;
    start_with_devices(bench, 6, {"GPU-a", "GPU-b"});
    auto running = bench.by_place();
    bench.end(running.at({0, 1}), sweep::DeviceFault{"uncorrectable ECC error"});
    CHECK(bench.gone(0, 1));
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    REQUIRE(bench.count<sweep::DeviceFailed>() == 1);
    const auto& failed = bench.state.record.failed_devices().at(0);
    CHECK(failed.device == "GPU-b");
    CHECK(failed.host == "host0");
    auto later = bench.next_start();
    const auto in_days = [&](double days) {
        later.moment.wall.micros += static_cast<std::int64_t>(days * 24 * 3600 * 1e6);
        later.start(Bench::trials(6));
        later.make_ready();
    };
    SECTION("within them it gets no work while another device can take it") {
        in_days(6.9);
        later.hello(0, {"GPU-b", "GPU-c"});
        CHECK(later.assigned().slots == std::vector<Slot>{Slot(1)});
        const auto line = later.line_with("GPU-b failed on host0 at");
        CHECK_THAT(line, ContainsSubstring("ECC"));
        CHECK_THAT(line, ContainsSubstring("sound again at 1970-01-08"));
        CHECK(status_of(later.state, later.moment.wall).slots.at(0).lost != "");
    }
    SECTION("alone it is tried again") {
        in_days(1);
        later.hello(0, {"GPU-b"});
        CHECK(later.take<sweep::Assign>().size() == 1);
    }
    SECTION("after them it counts as sound") {
        in_days(7.1);
        later.hello(0, {"GPU-b", "GPU-c"});
        CHECK(later.take<sweep::Assign>().size() == 2);
    }
}

TEST_CASE("a fault without a device sets its slot aside in this start only") {
    Bench bench;
    bench.start_ready(3, 2);
    bench.end(bench.by_place().at({0, 0}), sweep::DeviceFault{"x"});
    CHECK(bench.gone(0, 0));
    CHECK(bench.count<sweep::DeviceFailed>() == 0);
}

TEST_CASE("of several devices only the one that the fault names is at fault") {
    const auto failed_after = [](const std::string& message) {
        Bench bench;
        auto planned = Bench::trials(1);
        planned[0].spec.edit().training.gpus_per_trial = 2;
        bench.start(planned);
        bench.make_ready();
        bench.hello(0, {"GPU-a", "GPU-b"});
        bench.end(bench.assigned(), sweep::DeviceFault{message});
        std::string devices;
        for (const auto& failure : bench.state.record.failed_devices()) {
            devices += failure.device;
        }
        return devices;
    };
    CHECK(failed_after("NCCL error") == "");
    CHECK(failed_after("Xid 79 on GPU-b") == "GPU-b");
}

TEST_CASE("a trial that meets a fault on three devices in a row fails, and spares the rest") {
    Bench bench;
    start_with_devices(bench, 1, {"GPU-a", "GPU-b", "GPU-c", "GPU-d"});
    for (int i = 0; i < 3; ++i) {
        bench.end(bench.assigned(), sweep::DeviceFault{"an illegal memory access"});
    }
    CHECK(bench.count<sweep::TrialFailed>() == 1);
    CHECK_FALSE(bench.gone(0, 3));
}

TEST_CASE("a busy device waits 60, 120 and 240 s, then takes no more work") {
    Bench bench;
    start_with_devices(bench, 1, {"GPU-a"});
    bench.state.settings.lost_after = core::Seconds(1e9);
    for (const double wait : {60.0, 120.0, 240.0}) {
        bench.end(bench.assigned(), sweep::DeviceBusy{"all CUDA-capable devices are busy"});
        bench.tick(wait - 1);
        CHECK(bench.take<sweep::Assign>().empty());
        CHECK_FALSE(bench.state.stop);
        bench.tick(1);
    }
    bench.end(bench.assigned(), sweep::DeviceBusy{"busy"});
    CHECK(bench.gone(0, 0));
    CHECK(bench.count<sweep::TrialFailed>() == 0);
    CHECK(scheduler::attempts_without_save(bench.state.record) == 0);
    CHECK(scheduler::result_of(bench.state).outcome == Outcome::stopped);
}

TEST_CASE("a save forgets how often the device was busy") {
    Bench bench;
    start_with_devices(bench, 2, {"GPU-a"});
    bench.end(bench.assigned(), sweep::DeviceBusy{"busy"});
    CHECK(bench.slot(0, 0).busy == 1);
    bench.state.settings.lost_after = core::Seconds(1e9);
    bench.tick(61);
    bench.save(bench.assigned(), 1);
    CHECK(bench.slot(0, 0).busy == 0);
}
