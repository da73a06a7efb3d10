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
#include "trainer/time_steps.hpp"

using namespace graft;
using tests::gpu;
using tests::largest_share;
using trainer::host_floats;

namespace {

constexpr const char* kNetworks[] = {"small_cnn", "mobilenet_0.25", "densenet121", "resnet50_v2",
                                     "inception_v3"};

// || a - b || / || b ||
double distance(const std::vector<float>& a, const std::vector<float>& b) {
    REQUIRE(a.size() == b.size());
    double difference = 0, size = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference += std::pow(static_cast<double>(a[i]) - b[i], 2);
        size += std::pow(static_cast<double>(b[i]), 2);
    }
    return std::sqrt(difference / size);
}

constexpr std::int64_t kSide = 96;
constexpr std::int64_t kImages = 8;

// Drawn on the processor, so that both devices get the same. A class is a brightness.
struct Batch {
    at::Tensor images;  // [8, 3, 96, 96]
    at::Tensor labels;  // of three classes

    explicit Batch(at::Device device) {
        const auto samples = tests::numbered(kImages);
        const auto noise =
            trainer::keyed_uniform({"gpu test", 1, 0, samples}, kSide * kSide * 3, at::kCPU)
                .view({kImages, kSide, kSide, 3})
                .permute({0, 3, 1, 2});
        const auto classes =
            trainer::keyed_uniform({"labels", 1, 0, samples}, 1, at::kCPU).mul_(3).to(at::kLong);
        images = (noise * 0.2 + classes.view({kImages, 1, 1, 1}) * 0.4).to(device);
        labels = classes.view({kImages}).to(device);
    }
};

models::Weights first_weights(const models::Network& network) {
    return models::make_weights(network, models::Init::random, nullptr, 0, 5);
}

// Loss and gradients of one step, without augmentation and dropout.
struct Gradients {
    double loss = 0;
    std::vector<float> values;
};
Gradients gradients(const char* name, at::Device device, at::ScalarType type) {
    const auto network = models::build_network(name, 3, 16);
    trainer::NetworkTensors tensors = trainer::to_torch(network, first_weights(network), device);
    for (auto& layer : tensors) {
        for (auto& tensor : layer) {
            tensor = tensor.to(type);
        }
    }
    trainer::Model model(network, std::move(tensors));
    model.train_above(0, 0.99, type);
    const Batch batch(device);
    Gradients result;
    result.loss = model.forward_backward(batch.images.to(type), batch.labels, {}).loss;
    for (const auto& parameter : model.optimizer().parameters()) {
        const auto more = host_floats(parameter.grad());
        result.values.insert(result.values.end(), more.begin(), more.end());
    }
    return result;
}

struct Trained {
    std::vector<float> weights;
    double first_loss = 0;  // of the first tenth of the steps, in the mean
    double last_loss = 0;   // of the last tenth
};

// `steps` steps of a network of random weights, augmentation and dropout included.
Trained train(const char* name, at::Device device, sweep::Precision precision, int steps,
              double learning_rate = 1e-4) {
    const auto samples = tests::numbered(kImages);
    const auto network = models::build_network(name, 3, 16);
    sweep::Training training;
    training.precision = precision;
    training.head_units = 16;
    const trainer::Recipe recipe{&network, training, 1, trainer::compute_type(precision, device)};
    trainer::set_precision(precision);
    trainer::Model model(network, first_weights(network), device);
    model.train_above(0, training.bn_momentum, recipe.compute);
    model.optimizer().set_rate(learning_rate);
    const Batch batch(device);
    trainer::LossScaler scaler(recipe.compute, device);
    trainer::Tally tally(device);
    const trainer::SharedBottom bottom({model.branch()});
    Trained result;
    const int tenth = std::max(1, steps / 10);
    for (int i = 0; i < steps; ++i) {
        const auto epoch = static_cast<std::uint64_t>(i);
        const auto mask = trainer::dropout_mask({"dropout", 1, epoch, samples}, 16, 0.5, device);
        const std::vector<trainer::Trainee> alone{{&model, &scaler, &tally, mask}};
        tally.set(0, 0);
        train_step(bottom, recipe.compute, alone,
                   {trainer::training_images(recipe, batch.images, epoch, samples), batch.labels});
        const double share = tally.loss() / static_cast<double>(kImages) / tenth;
        result.first_loss += i < tenth ? share : 0;
        result.last_loss += i >= steps - tenth ? share : 0;
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

// Deep networks of random weights on eight images magnify rounding: how much, the processor's own
// float32 shows against its float64.
TEST_CASE("gradients are the processor's, to rounding", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    for (const char* name : kNetworks) {
        const auto truth = gradients(name, at::kCPU, at::kDouble);
        const auto here = gradients(name, at::kCPU, at::kFloat);
        const auto there = gradients(name, *device, at::kFloat);
        const double rounding = distance(here.values, truth.values);
        INFO(name << ": the processor's float32 is off by " << rounding);
        CHECK(there.loss == Approx(truth.loss).epsilon(1e-3));
        CHECK(distance(there.values, truth.values) < 10 * rounding + 1e-3);
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
            CHECK(std::isfinite(once.last_loss));
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
    for (const auto precision : {Precision::float32, Precision::float16, Precision::bfloat16}) {
        const auto trained = train("mobilenet_0.25", *device, precision, 200, 3e-3);
        INFO(core::name_of(precision)
             << ": loss " << trained.first_loss << ", then " << trained.last_loss);
        CHECK(trained.last_loss < trained.first_loss / 2);
    }
}

TEST_CASE("a step of the head alone takes less time than one of all", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    sweep::StepRequest request;
    request.network = "mobilenet";
    request.image_size = 224;
    request.classes = 2;
    const auto times = trainer::time_step(request, *device);
    CHECK(times.problem.empty());
    CHECK(times.head > 0);
    CHECK(times.head < times.all);
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
        spec.edit().training.precision = precision;
        const tests::Life whole = tests::Life(study, spec).to_its_end();
        for (const int cut : {3, 9, 14, 21}) {
            INFO(core::name_of(precision) << ", cut off at instant " << cut);
            tests::check_equal(tests::Life(study, spec).to_its_end({cut}), whole);
        }
    }
}

TEST_CASE("epochs judged and files written beside the training of a GPU give the same bits",
          "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    tests::Study study;
    study.data.emplace(study.directory / "drawn.h5", "", *device);
    // Of one warm-up; the second diverges after it.
    std::vector<sweep::TrialSpec> specs(3, tests::spec_with_everything());
    for (auto& spec : specs) {
        spec.edit().training.epochs = 5;  // recorded steps and more
        spec.edit().training.warmup_learning_rate = 1e-3;
        spec.edit().training.best_by = sweep::BestBy::val_loss;
    }
    specs[1].edit().training.learning_rate = 1e30;
    specs[2].freeze = 100;
    const auto life = [&](trainer::HostWork host_work) {
        tests::Life one(study, specs);
        one.host_work = host_work;
        return one;
    };
    auto between = life(trainer::HostWork::between);
    between.to_its_end();
    CHECK(between.ledger.result(1)->diverged_epoch == 1);
    auto whole = life(trainer::HostWork::beside);
    tests::check_equal(whole.to_its_end(), between);
    for (int cut = 1; cut <= whole.instants; cut += 7) {
        INFO("cut off at instant " << cut << " of " << whole.instants);
        auto one = life(trainer::HostWork::beside);
        tests::check_equal(one.to_its_end({cut}), between);
    }
    for (std::uint64_t key = 1; key <= 3; ++key) {
        INFO("drained, and recorded late, with key " << key);
        auto one = life(trainer::HostWork::beside);
        tests::check_equal(one.to_its_end({}, key), between);
    }
}
