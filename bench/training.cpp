// SPDX-License-Identifier: Apache-2.0
// On one thread, images per second: one training step (forward, backward, Adam) of each network,
// and its parts beside the network. With --bare=NETWORK,SIZE,THREADS that step by the clock, as the
// benchmark `bare`.
#include <cstdio>
#include <functional>
#include <numeric>

#include <ATen/ops/conv2d.h>
#include <benchmark/benchmark.h>

#include "core/error.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

#include "models/network.hpp"
#include "models/weights.hpp"

#include "trainer/augment.hpp"
#include "trainer/device.hpp"
#include "trainer/fourier.hpp"
#include "trainer/layers.hpp"
#include "trainer/model.hpp"
#include "trainer/tensors.hpp"

using namespace graft;

namespace {

constexpr std::int64_t kBatch = 32;

at::Tensor numbers(const std::vector<std::int64_t>& sizes) {
    core::RandomStream stream("bench", 1);
    std::vector<float> values(static_cast<std::size_t>(
        std::accumulate(sizes.begin(), sizes.end(), std::int64_t{1}, std::multiplies<>())));
    for (auto& value : values) {
        value = stream.uniform();
    }
    return trainer::from_floats(values, sizes, at::kCPU);
}

at::Tensor images(std::int64_t size) {
    return numbers({kBatch, size, size, 3}).permute({0, 3, 1, 2});
}

at::Tensor labels() {
    std::vector<float> values;
    for (std::int64_t i = 0; i < kBatch; ++i) {
        values.push_back(static_cast<float>(i % 2));
    }
    return trainer::from_floats(values, {kBatch}, at::kCPU).to(at::kLong);
}

void set_up_once() {
    static const bool ready = (trainer::set_up_torch(1), true);
    benchmark::DoNotOptimize(ready);
}

void train_steps(benchmark::State& state, const std::string& name) {
    const auto network = models::build_network(name, 2);
    const auto weights = models::make_weights(network, models::Init::random, nullptr, 100, 1);
    trainer::Model model(network, weights, at::kCPU);
    model.train_above(models::frozen_layers(network, static_cast<double>(state.range(1))), 0.99,
                      at::kFloat);
    model.optimizer().set_rate(1e-4);
    const auto batch = images(state.range(0));
    const auto truth = labels();
    for (auto _ : state) {
        model.forward_backward(batch, truth, {});
        model.optimizer().step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}

// Arguments: image size, percent of frozen layers.
void step(benchmark::State& state, const char* name) {
    set_up_once();
    train_steps(state, name);
}

// "NETWORK,SIZE,THREADS"
void register_bare(const std::string& wanted) {
    const auto words = core::split(wanted, ',');
    const auto size = words.size() == 3 ? core::parse_int(words[1]) : std::nullopt;
    const auto threads = words.size() == 3 ? core::parse_int(words[2]) : std::nullopt;
    if (!size || !threads) {
        throw core::InputError("--bare '" + wanted + "' (it takes NETWORK,SIZE,THREADS)");
    }
    trainer::set_up_torch(static_cast<int>(*threads));
    const auto run = [name = words[0]](benchmark::State& state) { train_steps(state, name); };
    benchmark::RegisterBenchmark("bare", run)->Args({*size, 0})->UseRealTime();
}

// Argument: image size. All operations of the study.
void augment(benchmark::State& state) {
    set_up_once();
    const auto batch = images(state.range(0));
    std::vector<std::uint32_t> samples(kBatch);
    std::iota(samples.begin(), samples.end(), 0U);
    std::uint64_t epoch = 0;
    for (auto _ : state) {
        trainer::augment(batch, {}, 1, ++epoch, samples);
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}

// Adam alone, on the parameters of a network.
void adam(benchmark::State& state, const char* name) {
    set_up_once();
    const auto network = models::build_network(name, 2);
    trainer::Model model(
        network, models::make_weights(network, models::Init::random, nullptr, 100, 1), at::kCPU);
    model.train_above(0, 0.99, at::kFloat);
    model.optimizer().set_rate(0);
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : model.optimizer().parameters()) {
        gradients.push_back(parameter.detach().clone());
    }
    for (auto _ : state) {
        for (std::size_t i = 0; i < gradients.size(); ++i) {
            at::Tensor parameter = model.optimizer().parameters()[i];
            parameter.mutable_grad() = gradients[i];
        }
        model.optimizer().step();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}

// A depthwise convolution of MobileNet, forward and backward. Arguments: channels, size, stride.
void depthwise(benchmark::State& state) {
    set_up_once();
    const auto channels = state.range(0), size = state.range(1);
    const models::DepthwiseConv2d layer{
        {3, 3}, static_cast<int>(state.range(2)), models::Padding::same};
    at::Tensor x = numbers({kBatch, size, size, channels}).permute({0, 3, 1, 2});
    at::Tensor kernel = numbers({channels, 1, 3, 3});
    x.requires_grad_(true);
    kernel.requires_grad_(true);
    at::Tensor dy;
    for (auto _ : state) {
        const at::Tensor y = trainer::convolve(x, layer, {kernel}, at::kFloat);
        if (!dy.defined()) {
            dy = y.detach().clone();
        }
        y.backward(dy);
        x.mutable_grad().reset();
        kernel.mutable_grad().reset();
    }
    state.SetItemsProcessed(state.iterations() * kBatch);
}

// A stride-1 convolution with its gradients, as the trainer does it or by oneDNN. Arguments: size
// of the images, channels, filters, kernel.
enum class By { waves, onednn };

void convolve(benchmark::State& state, By by) {
    set_up_once();
    const auto size = state.range(0), channels = state.range(1), filters = state.range(2),
               kernel = state.range(3);
    const auto tensor = [](std::int64_t n, std::int64_t c, std::int64_t side) {
        return trainer::from_floats(
                   std::vector<float>(static_cast<std::size_t>(n * c * side * side), 0.5F),
                   {n, side, side, c}, at::kCPU)
            .permute({0, 3, 1, 2});
    };
    at::Tensor x = tensor(kBatch, channels, size).requires_grad_(true);
    at::Tensor weight = tensor(filters, channels, kernel).requires_grad_(true);
    const at::Tensor dy = tensor(kBatch, filters, size);
    const auto n = trainer::wave_length({size, size, channels, filters, kernel});
    if (by == By::waves && !n) {
        state.SkipWithError("this layer is left to oneDNN");
        return;
    }
    for (auto _ : state) {
        const at::Tensor y = by == By::waves ? trainer::convolve_by_waves(x, {weight}, *n)
                                             : at::conv2d(x, weight, {}, 1, kernel / 2);
        y.backward(dy);
        x.mutable_grad().reset();
        weight.mutable_grad().reset();
    }
}

void layers(benchmark::internal::Benchmark* benchmark) {
    // small_cnn at 64 px, ResNet50 at 224, DenseNet121 at 224 and Inception at 299.
    benchmark->Args({32, 32, 64, 7})->Args({16, 64, 128, 7})->Args({8, 128, 256, 7});
    benchmark->Args({56, 64, 64, 3})->Args({28, 128, 128, 3})->Args({14, 256, 256, 3});
    benchmark->Args({56, 128, 32, 3})->Args({35, 48, 64, 5})->Unit(benchmark::kMillisecond);
}

BENCHMARK_CAPTURE(convolve, by_waves, By::waves)->Apply(layers);
BENCHMARK_CAPTURE(convolve, by_onednn, By::onednn)->Apply(layers);
BENCHMARK(augment)->Arg(96)->Arg(128)->Unit(benchmark::kMillisecond);
BENCHMARK(depthwise)
    ->Args({8, 64, 1})
    ->Args({32, 64, 1})
    ->Args({64, 64, 2})
    ->Args({128, 32, 1})
    ->Args({256, 16, 1})
    ->Args({256, 16, 2})
    ->Args({512, 8, 1})
    ->Args({1024, 4, 1})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(adam, mobilenet_025, "mobilenet_0.25")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(adam, inception_v3, "inception_v3")->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, small_cnn, "small_cnn")->Args({64, 0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, mobilenet_025, "mobilenet_0.25")
    ->Args({128, 0})
    ->Args({128, 50})
    ->Args({128, 100})
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, mobilenet, "mobilenet")->Args({128, 0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, densenet121, "densenet121")->Args({64, 0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, resnet50_v2, "resnet50_v2")->Args({64, 0})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(step, inception_v3, "inception_v3")->Args({75, 0})->Unit(benchmark::kMillisecond);

}  // namespace

int main(int argc, char** argv) {
    const std::string bare = "--bare=";
    int kept = 0;
    try {
        for (int i = 0; i < argc; ++i) {
            if (std::string(argv[i]).rfind(bare, 0) == 0) {
                register_bare(argv[i] + bare.size());
            } else {
                argv[kept++] = argv[i];
            }
        }
    } catch (const core::Error& error) {
        std::fprintf(stderr, "bench_training: %s\n", error.what());
        return 2;
    }
    benchmark::Initialize(&kept, argv);
    if (benchmark::ReportUnrecognizedArguments(kept, argv)) {
        return 2;
    }
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
}
