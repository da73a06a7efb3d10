// SPDX-License-Identifier: Apache-2.0
#include "trainer/packed.hpp"

#include <cmath>
#include <limits>

#include <ATen/ops/conv2d.h>
#include <c10/core/GradMode.h>

#include "support/catch.hpp"
#include "trainer/executor.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using trainer::Convolution;
using trainer::PackedConvolution;

namespace {

at::Tensor images_of(std::int64_t count, std::int64_t channels) {
    return tests::ramp({count, channels, 17, 17}).contiguous(at::MemoryFormat::ChannelsLast);
}

}  // namespace

TEST_CASE("a kernel in oneDNN's layout gives the bits of the kernel as it stands") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    REQUIRE(PackedConvolution::takes(images_of(1, 3), at::kFloat));
    CHECK_FALSE(PackedConvolution::takes(images_of(1, 3).to(at::kDouble), at::kFloat));
    struct Case {
        std::int64_t in, out, side;
        Convolution how;
    };
    for (const auto& [in, out, side, how] :
         {Case{3, 32, 3, {2, 0, 0, 1}}, Case{80, 72, 3, {1, 1, 1, 1}}, Case{64, 48, 1, {}},
          Case{64, 64, 3, {1, 1, 1, 64}}, Case{48, 48, 3, {2, 0, 0, 48}}}) {
        const trainer::LayerTensors weights{
            tests::ramp({out, in / how.groups, side, side}).clone(at::MemoryFormat::ChannelsLast),
            tests::ramp({out})};
        PackedConvolution packed;
        const auto first = trainer::host_floats(packed.run(images_of(8, in), how, weights));
        const auto later = trainer::host_floats(packed.run(images_of(8, in), how, weights));
        CHECK(later == first);
        // The layout was chosen for eight images.
        PackedConvolution other;
        CHECK(trainer::host_floats(packed.run(images_of(3, in), how, weights)) ==
              trainer::host_floats(other.run(images_of(3, in), how, weights)));
        const auto plain = trainer::host_floats(
            at::conv2d(images_of(8, in), weights[0], weights[1], {how.stride, how.stride},
                       {how.row_padding, how.column_padding}, {1, 1}, how.groups));
        REQUIRE(plain.size() == first.size());
        for (std::size_t i = 0; i < plain.size(); i += 101) {
            CHECK(first[i] == Approx(plain[i]).margin(1e-3));
        }
    }
}

TEST_CASE("frozen layers write on no value that they were given, and hide none that is no number") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    const auto network = models::build_network("inception_v3", 2, 8);
    const trainer::Executor folded =
        trainer::Executor(network,
                          trainer::to_torch(network, tests::pretended_weights(network), at::kCPU))
            .folded(0, network.base_layers);
    trainer::Mode mode;
    mode.weights = trainer::Mode::Weights::frozen;
    for (int cut = 1; cut < 12; ++cut) {
        const auto live = folded.run(0, cut, {{0, tests::ramp({2, 3, 75, 75})}}, mode);
        std::map<int, std::vector<float>> before;
        for (const auto& [index, value] : live) {
            before[index] = trainer::host_floats(value);
        }
        folded.run(cut, 12, live, mode);
        for (const auto& [index, value] : live) {
            CHECK(trainer::host_floats(value) == before[index]);
        }
    }
    at::Tensor broken = tests::ramp({2, 3, 75, 75}).clone();
    broken.mutable_data_ptr<float>()[40 * 75 + 40] = std::numeric_limits<float>::quiet_NaN();
    const auto logits = trainer::host_floats(folded.logits(0, {{0, broken}}, mode));
    CHECK(std::isnan(logits.front()));
    CHECK(std::isfinite(logits.back()));
}
