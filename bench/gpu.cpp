// SPDX-License-Identifier: Apache-2.0
// Training steps on the GPU: images per second, medians.
//   bench_gpu BATCH PRECISION NETWORK...
// Peers: bench/peers/gpu_step.py.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <vector>

#include <ATen/core/Tensor.h>
#include <fmt/format.h>

#include "core/clock.hpp"
#include "core/enum_table.hpp"
#include "core/text.hpp"

#include "models/network.hpp"
#include "models/weights.hpp"

#include "trainer/cuda/feed.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/dataset.hpp"
#include "trainer/device.hpp"
#include "trainer/keyed.hpp"
#include "trainer/model.hpp"
#include "trainer/precision.hpp"
#include "trainer/step.hpp"

using namespace graft;

namespace {

double rate_of(c10::Device device, std::size_t batch, const std::function<void()>& step) {
    for (int i = 0; i < 4; ++i) {
        step();
    }
    trainer::synchronize(device);
    std::vector<double> rates;
    for (int round = 0; round < 5; ++round) {
        const auto began = core::now();
        std::size_t steps = 0;
        while (steps < 5 || core::now() - began < core::Seconds(0.15)) {
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

// Keyed pixels of a batch on the GPU, with labels of two classes.
struct Pixels {
    std::vector<std::uint32_t> order;
    std::vector<std::int32_t> labels;
    std::vector<float> means;
    at::Tensor pixels;  // uint8 [n, side, side, 3]

    Pixels(std::size_t count, std::int64_t side, c10::Device device)
        : order(count), labels(count), means(3 * count, 0.5F) {
        std::iota(order.begin(), order.end(), 0U);
        for (std::size_t i = 0; i < count; ++i) {
            labels[i] = static_cast<std::int32_t>(i % 2);
        }
        pixels = trainer::keyed_uniform({"bench", 1, 0, order}, side * side * 3, device)
                     .mul_(256)
                     .to(at::kByte)
                     .view({static_cast<std::int64_t>(count), side, side, 3});
    }
};

// One member trained from `cut` on.
struct Member {
    trainer::Model model;
    trainer::LossScaler scaler;
    trainer::Tally tally;

    Member(const trainer::Model& of, int cut, const trainer::Recipe& recipe, c10::Device device)
        : model(of.network(), of.executor().tensors()),
          scaler(recipe.compute, device),
          tally(device) {
        model.train_above(cut, recipe.training.bn_momentum, recipe.compute);
        model.optimizer().set_rate(1e-4);
    }
};

struct Rates {
    double direct = 0, bare = 0, whole = 0;
};

// `direct`: every operation launched by the host; `bare`: forward to Adam on images that are there,
// recorded; `whole`: from stored pixels on, recorded, as a trial does it.
enum class What { whole, all };
Rates rates_of(std::vector<std::unique_ptr<Member>>& members, const trainer::Recipe& recipe,
               const Pixels& pixels, c10::Device device, What what = What::whole) {
    const std::size_t count = pixels.order.size();
    const auto size = static_cast<int>(pixels.pixels.size(1));
    trainer::cuda::Feed feed({pixels.pixels, pixels.labels, pixels.means, size}, recipe);
    feed.begin_epoch(pixels.order, 1);
    feed.load(0, count);
    const at::Tensor images = feed.images();
    const at::Tensor labels = feed.labels();
    std::vector<trainer::Branch> branches;
    for (const auto& member : members) {
        branches.push_back(member->model.branch());
    }
    const trainer::SharedBottom bottom(branches);
    const auto step = [&](const at::Tensor& on) {
        const auto mask = feed.dropout(recipe.training.head_units, recipe.training.dropout);
        std::vector<trainer::Trainee> trainees;
        for (const auto& member : members) {
            trainees.push_back({&member->model, &member->scaler, &member->tally, mask});
        }
        trainer::train_step(bottom, recipe.compute, trainees, {on, labels});
    };
    Rates rates;
    if (what == What::all) {
        rates.direct = rate_of(device, count, [&] { step(images); });
        trainer::cuda::Recording bare(device);
        rates.bare = rate_of(device, count, [&] { bare.run([&] { step(images); }); });
    }
    trainer::cuda::Recording whole(device);
    rates.whole = rate_of(device, count, [&] {
        feed.load(0, count);
        whole.run([&] { step(feed.images()); });
    });
    return rates;
}

void measure(const char* name, std::size_t count, sweep::Precision precision) {
    const auto device = trainer::choose_device();
    trainer::set_precision(precision);
    const auto network = models::build_network(name, 2);
    sweep::Training training;
    training.precision = precision;
    const trainer::Recipe recipe{&network, training, 1, trainer::compute_type(precision, device)};
    const trainer::Model model(
        network, models::make_weights(network, models::Init::random, nullptr, 0, 1), device);
    const Pixels pixels(count, network.default_size, device);
    std::vector<std::unique_ptr<Member>> members;
    members.push_back(std::make_unique<Member>(model, 0, recipe, device));
    const Rates alone = rates_of(members, recipe, pixels, device, What::all);
    fmt::print("graft {:9} batch {:4} {:14} direct {:8.0f}  bare {:8.0f}  whole {:8.0f} images/s",
               core::name_of(precision), count, name, alone.direct, alone.bare, alone.whole);
    // The study's freeze levels: each alone, and all as a cohort.
    double alone_seconds = 1 / alone.whole;
    for (const double freeze : {10., 20., 30., 50., 75., 100.}) {
        std::vector<std::unique_ptr<Member>> one;
        const int cut = models::frozen_layers(network, freeze);
        one.push_back(std::make_unique<Member>(model, cut, recipe, device));
        alone_seconds += 1 / rates_of(one, recipe, pixels, device).whole;
        members.push_back(std::make_unique<Member>(model, cut, recipe, device));
    }
    const Rates together = rates_of(members, recipe, pixels, device);
    fmt::print("  freeze grid as a cohort {:.2f} x\n", alone_seconds * together.whole);
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
    trainer::cuda::use_own_stream(trainer::choose_device());
    const auto precision = core::value_of<sweep::Precision>(argv[2]);
    for (int i = 3; i < argc; ++i) {
        measure(argv[i], static_cast<std::size_t>(*batch), *precision);
    }
}
