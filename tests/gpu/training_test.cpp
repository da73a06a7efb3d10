// SPDX-License-Identifier: Apache-2.0
// What a GPU computes, against the processor and against itself.
#include <algorithm>
#include <cmath>

#include <ATen/TensorOperators.h>

#include "models/weights.hpp"

#include "gpu/gpu.hpp"
#include "support/catch.hpp"
#include "trainer/augment.hpp"
#include "trainer/device.hpp"
#include "trainer/keyed.hpp"
#include "trainer/life.hpp"
#include "trainer/precision.hpp"
#include "trainer/step.hpp"

using namespace graft;
using tests::gpu;
using tests::largest_share;
using trainer::host_floats;

namespace {

constexpr const char* kNetworks[] = {"small_cnn", "mobilenet_0.25", "densenet121", "resnet50_v2",
                                     "inception_v3"};

struct Trained {
    std::vector<float> weights;
    double loss = 0;
};

// `steps` steps of a network of random weights on keyed pixels, augmentation and dropout included.
Trained train(const char* name, at::Device device, sweep::Precision precision, int steps,
              double learning_rate = 1e-4) {
    constexpr std::int64_t kSide = 96;
    const auto samples = tests::numbered(8);
    const auto network = models::build_network(name, 3, 16);
    sweep::Training training;
    training.precision = precision;
    training.head_units = 16;
    const trainer::Recipe recipe{&network, training, 1, trainer::compute_type(precision, device)};
    trainer::set_precision(precision);
    trainer::Model model(
        network, models::make_weights(network, models::Init::random, nullptr, 0, 5), device);
    model.train_above(0, training.bn_momentum, recipe.compute);
    // Drawn on the processor: both devices get the same.
    const auto images =
        trainer::keyed_uniform({"gpu test", 1, 0, samples}, kSide * kSide * 3, at::kCPU)
            .view({8, kSide, kSide, 3})
            .permute({0, 3, 1, 2})
            .to(device);
    const auto labels = trainer::keyed_uniform({"labels", 1, 0, samples}, 1, at::kCPU)
                            .mul_(3)
                            .to(at::kLong)
                            .view({8})
                            .to(device);
    trainer::LossScaler scaler(recipe.compute, device);
    trainer::Tally tally(device);
    const trainer::SharedBottom bottom({model.branch()});
    Trained result;
    for (int i = 0; i < steps; ++i) {
        const auto epoch = static_cast<std::uint64_t>(i);
        const auto mask = trainer::dropout_mask({"dropout", 1, epoch, samples}, 16, 0.5, device);
        const std::vector<trainer::Trainee> alone{{&model, &scaler, &tally, mask, learning_rate}};
        tally.set(0, 0);
        train_step(bottom, recipe.compute, alone,
                   {trainer::training_images(recipe, images, epoch, samples), labels});
        result.loss = tally.loss() / 8;
    }
    result.weights = trainer::flattened(model.all_tensors());
    trainer::set_precision(sweep::Precision::float32);
    return result;
}

}  // namespace

TEST_CASE("random numbers are the processor's", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const auto samples = tests::numbered(50);
    const trainer::RowKeys keys{"test", 3, 7, samples};
    CHECK(host_floats(trainer::keyed_uniform(keys, 1001, *device)) ==
          host_floats(trainer::keyed_uniform(keys, 1001, at::kCPU)));
    CHECK(host_floats(trainer::dropout_mask(keys, 256, 0.3, *device)) ==
          host_floats(trainer::dropout_mask(keys, 256, 0.3, at::kCPU)));
    CHECK(largest_share(host_floats(trainer::keyed_normal(keys, 1001, *device)),
                        host_floats(trainer::keyed_normal(keys, 1001, at::kCPU))) < 1e-6);
}

TEST_CASE("augmentation is the processor's, to rounding", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const auto samples = tests::numbered(20);
    const auto images = trainer::keyed_uniform({"pixels", 1, 0, samples}, 60 * 50 * 3, at::kCPU)
                            .view({20, 60, 50, 3})
                            .permute({0, 3, 1, 2});
    const sweep::Training training;
    const auto there = trainer::augment(images.to(*device), training, 4, 9, samples);
    const auto here = trainer::augment(images, training, 4, 9, samples);
    CHECK(largest_share(host_floats(there), host_floats(here)) < 1e-5);
}

TEST_CASE("a training step is the processor's, to rounding", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    for (const char* name : kNetworks) {
        const auto there = train(name, *device, sweep::Precision::float32, 1);
        const auto here = train(name, at::kCPU, sweep::Precision::float32, 1);
        INFO(name << ": loss " << there.loss << " there and " << here.loss << " here");
        CHECK(std::abs(there.loss - here.loss) < 1e-3 * here.loss);
        // Adam's first step moves each weight by the rate: only where a gradient is all rounding
        // it may go the other way.
        double apart = 0;
        for (std::size_t i = 0; i < here.weights.size(); ++i) {
            apart += std::abs(there.weights[i] - here.weights[i]) > 2e-5F;
        }
        CHECK(apart / static_cast<double>(here.weights.size()) < 0.02);
    }
}

TEST_CASE("equal steps give equal bits in every precision", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    using sweep::Precision;
    for (const char* name : kNetworks) {
        for (const auto precision :
             {Precision::float32, Precision::tf32, Precision::float16, Precision::bfloat16}) {
            INFO(name << ", " << core::name_of(precision));
            const auto once = train(name, *device, precision, 4);
            const auto again = train(name, *device, precision, 4);
            CHECK(std::isfinite(once.loss));
            CHECK(once.weights == again.weights);
        }
    }
}

TEST_CASE("half precisions learn what float32 learns", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    using sweep::Precision;
    const auto full = train("mobilenet_0.25", *device, Precision::float32, 60, 1e-3);
    CHECK(full.loss < 0.3);
    for (const auto precision : {Precision::float16, Precision::bfloat16}) {
        INFO(core::name_of(precision));
        CHECK(train("mobilenet_0.25", *device, precision, 60, 1e-3).loss < 0.4);
    }
}

TEST_CASE("a trial on a GPU that is cut off ends with the same bits", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    tests::Study study;
    study.data.emplace(study.directory / "drawn.h5", "", *device);
    for (const auto precision : {sweep::Precision::float32, sweep::Precision::float16}) {
        auto spec = tests::spec_with_everything();
        spec.training.precision = precision;
        const tests::Life whole = tests::Life(study, spec).to_its_end();
        for (const int cut : {3, 9, 14, 21}) {
            INFO(core::name_of(precision) << ", cut off at instant " << cut);
            tests::check_equal(tests::Life(study, spec).to_its_end({cut}), whole);
        }
    }
}
