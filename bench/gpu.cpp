// SPDX-License-Identifier: Apache-2.0
// Training steps on the GPU: images per second, medians.
//   bench_gpu BATCH PRECISION NETWORK...
// "bare" is forward, loss, backward and Adam on images that lie on the GPU already; "whole" is what
// a trial does with each batch, from stored pixels on.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>
#include <vector>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/enum_table.hpp"
#include "core/text.hpp"

#include "models/network.hpp"
#include "models/weights.hpp"

#include "trainer/dataset.hpp"
#include "trainer/device.hpp"
#include "trainer/keyed.hpp"
#include "trainer/model.hpp"
#include "trainer/precision.hpp"
#include "trainer/step.hpp"

using namespace graft;

namespace {

double rate_of(c10::Device device, std::size_t batch, const std::function<void()>& step) {
    for (int i = 0; i < 5; ++i) {
        step();
    }
    trainer::synchronize(device);
    std::vector<double> rates;
    for (int round = 0; round < 5; ++round) {
        const auto began = core::now();
        std::size_t steps = 0;
        while (steps < 5 || core::now() - began < core::Seconds(0.5)) {
            step();
            if (++steps % 5 == 0) {
                trainer::synchronize(device);
            }
        }
        trainer::synchronize(device);
        rates.push_back(static_cast<double>(steps * batch) /
                        core::Seconds(core::now() - began).count());
    }
    std::nth_element(rates.begin(), rates.begin() + 2, rates.end());
    return rates[2];
}

void measure(const char* name, std::size_t count, sweep::Precision precision) {
    const auto device = trainer::choose_device();
    trainer::set_precision(precision);
    const auto network = models::build_network(name, 2);
    sweep::Training training;
    training.precision = precision;
    training.batch_size = static_cast<std::int32_t>(count);
    const trainer::Recipe recipe{&network, training, 1, trainer::compute_type(precision, device)};
    trainer::Model model(
        network, models::make_weights(network, models::Init::random, nullptr, 0, 1), device);
    model.train_above(0, training.bn_momentum, recipe.compute);
    std::vector<std::uint32_t> samples(count);
    std::iota(samples.begin(), samples.end(), 0U);
    const std::int64_t side = network.default_size;
    const at::Tensor pixels =
        trainer::keyed_uniform({"bench", 1, 0, samples}, side * side * 3, device)
            .mul_(256)
            .to(at::kByte)
            .view({static_cast<std::int64_t>(count), side, side, 3});
    const at::Tensor labels = trainer::keyed_uniform({"labels", 1, 0, samples}, 1, device)
                                  .mul_(2)
                                  .to(at::kLong)
                                  .view({static_cast<std::int64_t>(count)});
    const at::Tensor images = trainer::pixels_as_images(pixels, device);
    const double bare = rate_of(device, count, [&] {
        model.forward_backward(images, labels, {});
        model.adam().step(1e-4);
    });
    trainer::LossScaler scaler(recipe.compute, device);
    std::uint64_t epoch = 0;
    const double whole = rate_of(device, count, [&] {
        trainer::train_step(model, recipe, scaler,
                            {trainer::pixels_as_images(pixels, device), labels, ++epoch, samples,
                             training.learning_rate});
    });
    fmt::print("graft {:9} batch {:4} {:14} bare {:8.0f}  whole {:8.0f} images/s\n",
               core::name_of(precision), count, name, bare, whole);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    const auto batch = argc > 3 ? core::parse_int(argv[1]) : std::nullopt;
    if (!batch || *batch < 2) {
        fmt::print(stderr, "usage: bench_gpu BATCH PRECISION NETWORK...\n");
        return 2;
    }
    trainer::set_up_torch(1);
    const auto precision = core::value_of<sweep::Precision>(argv[2]);
    for (int i = 3; i < argc; ++i) {
        measure(argv[i], static_cast<std::size_t>(*batch), *precision);
    }
}
