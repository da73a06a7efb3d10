// SPDX-License-Identifier: Apache-2.0
// What GPUs give one another. With one GPU, NCCL's calls are made all the same, to itself; with two
// or more their sums are compared with the processor's, and a trial is trained on both.
#include <array>
#include <deque>
#include <optional>

#include <ATen/TensorOperators.h>

#include "core/error.hpp"

#include "gpu/gpu.hpp"
#include "support/catch.hpp"
#include "trainer/cohort_run.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/cuda/nccl.hpp"
#include "trainer/device.hpp"
#include "trainer/life.hpp"
#include "trainer/reduction.hpp"

using namespace graft;
using tests::gpu;
using trainer::host_floats;

namespace {

std::vector<at::Device> two_gpus() {
    try {
        return trainer::choose_devices(2);
    } catch (const core::InputError& error) {
        WARN("fewer than two equal GPUs here, so this is skipped: " << error.what());
        return {};
    }
}

// A drawn dataset on each of two GPUs.
struct Pair {
    explicit Pair(const std::vector<at::Device>& devices) {
        tests::write_drawn_dataset(directory / "drawn.h5", {});
        for (const at::Device device : devices) {
            data.emplace_back(directory / "drawn.h5", "", device);
        }
        group.emplace(std::vector<const trainer::Dataset*>{&data[0], &data[1]});
    }
    tests::TemporaryDirectory directory;
    std::deque<trainer::Dataset> data;
    std::optional<trainer::ReplicaGroup> group;
};

at::Tensor values_of(int replica, std::int64_t length, at::Device device) {
    return (tests::ramp({length}) * (1 + 0.37 * replica)).to(device);
}

}  // namespace

TEST_CASE("numbers go through NCCL, also recorded, beside other work", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const trainer::cuda::Meeting meeting;
    const auto end = meeting.end(0, 1, *device);
    const at::Tensor values = values_of(0, 1001, *device);
    const auto expected = host_floats(values);
    trainer::cuda::Recording recording(*device);
    for (int i = 0; i < 5; ++i) {
        recording.run([&] {
            trainer::Reduction reduction(*end);
            reduction.start({values.narrow(0, 0, 500), values.narrow(0, 500, 501)});
            reduction.finish();
            values.add_(1);  // after all of it
        });
    }
    CHECK(recording.recorded());
    const auto found = host_floats(values);
    for (std::size_t i = 0; i < found.size(); i += 100) {
        CHECK(found[i] == Approx(expected[i] + 5));
    }
    end->check();
    end->abort();
    CHECK_THROWS_AS(end->check(), trainer::ExchangeBroken);
}

TEST_CASE("sums of two GPUs are the processor's, to the bit", "[gpu]") {
    if (!gpu()) {
        return;
    }
    const auto devices = two_gpus();
    if (devices.empty()) {
        return;
    }
    Pair pair(devices);
    trainer::ReplicaGroup& group = *pair.group;
    std::array<std::vector<float>, 2> sums;
    group.run([&](int i) {
        const at::Tensor own = values_of(i, 12345, group.data(i).device());
        trainer::Reduction reduction(*group.exchange(i));
        reduction.start({own});
        reduction.finish();
        sums[static_cast<std::size_t>(i)] = host_floats(own);
    });
    const auto expected =
        host_floats(values_of(0, 12345, at::kCPU) + values_of(1, 12345, at::kCPU));
    CHECK(sums[0] == expected);
    CHECK(sums[1] == expected);
}

TEST_CASE("a trial on two GPUs gives equal bits each time", "[gpu]") {
    if (!gpu()) {
        return;
    }
    const auto devices = two_gpus();
    if (devices.empty()) {
        return;
    }
    std::vector<std::string> weights;
    for (const auto host_work : {trainer::HostWork::beside, trainer::HostWork::between}) {
        Pair pair(devices);
        auto member = tests::small_member("mobilenet_0.25");
        member.spec.edit().training.gpus_per_trial = 2;
        tests::FakeWatcher watcher;
        trainer::CohortRun run({member}, {pair.directory.path(), {}}, pair.data[0], watcher,
                               &*pair.group, host_work);
        REQUIRE(run.run() == trainer::CohortRun::Outcome::ended);
        weights.push_back(tests::weights_hash(*run.model(member.trial)));
    }
    CHECK(weights[0] == weights[1]);
}
