// SPDX-License-Identifier: Apache-2.0
// The numbers of recipe 1, kept: whoever changes them raises sweep::kRecipe and these with it.
#include <cmath>

#include <ATen/TensorOperators.h>

#include "core/hash.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/augment.hpp"
#include "trainer/keyed.hpp"
#include "trainer/small_study.hpp"

using namespace graft;

namespace {

struct Sums {
    double sum = 0, squares = 0;
};

Sums sums_of(const std::vector<float>& values) {
    Sums sums;
    for (const double value : values) {
        sums.sum += value;
        sums.squares += value * value;
    }
    return sums;
}

}  // namespace

// Processors differ in the last bits of sums and transcendental functions, so floats are compared
// at a tolerance that any change of the recipe exceeds; whole numbers exactly.
TEST_CASE("recipe 1: batches, augmentation, dropout and two steps give the numbers they gave") {
    REQUIRE(sweep::kRecipe == 1);
    tests::set_up_torch_once();
    const tests::TemporaryDirectory directory;
    tests::write_drawn_dataset(directory / "drawn.h5", {});
    const trainer::Dataset data(directory / "drawn.h5", "", at::kCPU);
    const auto member = tests::small_member();
    const auto epoch = trainer::epoch_key(sweep::Phase::fine_tune, 1);
    const auto order = trainer::epoch_order(
        trainer::images_of(data.prepared().parts, data::Part::train), 1, epoch);
    const auto batch = trainer::batch_of(order, 8, 0);
    CHECK(std::vector(batch.begin(), batch.end()) ==
          std::vector<std::uint32_t>{11, 1, 30, 12, 20, 25, 3, 31});

    const auto images =
        trainer::augment(data.images(batch), member.spec->training, 1, epoch, batch);
    const Sums pixels = sums_of(trainer::host_floats(images));
    CHECK(pixels.sum == Approx(12075.0306949783).epsilon(1e-6));
    CHECK(pixels.squares == Approx(7118.0741619651).epsilon(1e-6));
    const auto mask = trainer::host_floats(
        trainer::dropout_mask({"dropout", 1, epoch, batch}, 16, 0.5, at::kCPU));
    CHECK(core::content_hash({reinterpret_cast<const char*>(mask.data()),
                              mask.size() * sizeof(float)}) == "7d23a1981cd633f7d753f0b2233fde0d");

    tests::FakeWatcher watcher(2);
    trainer::CohortRun run({member}, {directory.path(), {}}, data, watcher);
    run.run();
    CHECK(watcher.shown[1].position.step == 2);
    CHECK(watcher.shown[1].loss == Approx(2.0714271069).epsilon(1e-5));
    const Sums weights = sums_of(trainer::flattened(run.model(member.trial)->all_tensors()));
    CHECK(weights.sum == Approx(1025.1995051065).epsilon(1e-5));
    CHECK(weights.squares == Approx(1287.7024314432).epsilon(1e-6));
}
