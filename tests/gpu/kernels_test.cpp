// SPDX-License-Identifier: Apache-2.0
// Our own kernels on a GPU against the processor's operations.
#include <cmath>

#include <ATen/ops/batch_norm.h>
#include <ATen/ops/clamp.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "gpu/gpu.hpp"
#include "support/catch.hpp"
#include "support/temporary.hpp"
#include "trainer/augment.hpp"
#include "trainer/cuda/feed.hpp"
#include "trainer/cuda/graph.hpp"
#include "trainer/cuda/norm.hpp"
#include "trainer/keyed.hpp"
#include "trainer/optimizer.hpp"
#include "trainer/small_study.hpp"

using namespace graft;
using tests::gpu;
using tests::largest_share;
using trainer::host_floats;
using trainer::cuda::After;

namespace {

at::Tensor drawn(const char* purpose, std::int64_t rows, std::int64_t columns) {
    const auto samples = tests::numbered(static_cast<std::uint32_t>(rows));
    return trainer::keyed_normal({purpose, 1, 0, samples}, columns, at::kCPU);
}

// [n, channels, side, side], channels_last, off centre, so that sums of squares could cancel.
at::Tensor values(std::int64_t n, std::int64_t channels, std::int64_t side) {
    return (drawn("x", n, side * side * channels) * 0.5 + 3)
        .view({n, side, side, channels})
        .permute({0, 3, 1, 2});
}

struct NormResult {
    std::vector<float> y, dx, dgamma, dbeta, mean, variance;
};

at::Tensor after(const at::Tensor& x, After function) {
    switch (function) {
        case After::relu:
            return at::relu(x);
        case After::relu6:
            return at::clamp(x, 0, 6);
        case After::nothing:
            break;
    }
    return x;
}

// By torch's operations, in float64.
NormResult expected(const at::Tensor& input, const at::Tensor& above, After function) {
    const std::int64_t channels = input.size(1);
    const at::Tensor x = input.to(at::kDouble).detach().requires_grad_();
    const at::Tensor gamma = drawn("gamma", 1, channels)[0].to(at::kDouble).requires_grad_();
    const at::Tensor beta = drawn("beta", 1, channels)[0].to(at::kDouble).requires_grad_();
    const at::Tensor mean = at::zeros({channels}, at::kDouble);
    const at::Tensor variance = at::zeros({channels}, at::kDouble);
    const at::Tensor y =
        after(at::batch_norm(x, gamma, beta, mean, variance, true, 1, 1e-3, false), function);
    y.backward(above.to(at::kDouble));
    const auto n = static_cast<double>(x.numel() / channels);
    return {host_floats(y),
            host_floats(x.grad()),
            host_floats(gamma.grad()),
            host_floats(beta.grad()),
            host_floats(mean * 0.1),
            host_floats(variance * (n - 1) / n * 0.1 + 0.9)};
}

NormResult fused(const at::Tensor& input, const at::Tensor& above, After function,
                 at::ScalarType type, at::Device device) {
    const std::int64_t channels = input.size(1);
    const at::Tensor x = input.to(device, type).detach().requires_grad_();
    const at::Tensor gamma = drawn("gamma", 1, channels)[0].to(device).requires_grad_();
    const at::Tensor beta = drawn("beta", 1, channels)[0].to(device).requires_grad_();
    const auto floats = at::TensorOptions(at::kFloat).device(device);
    const at::Tensor mean = at::zeros({channels}, floats);
    const at::Tensor variance = at::ones({channels}, floats);
    REQUIRE(trainer::cuda::can_norm(x));
    const at::Tensor y =
        trainer::cuda::norm_training(x, {gamma, beta, mean, variance}, 0.9, 1e-3, function);
    y.backward(above.to(device, type));
    return {host_floats(y),           host_floats(x.grad()), host_floats(gamma.grad()),
            host_floats(beta.grad()), host_floats(mean),     host_floats(variance)};
}

}  // namespace

TEST_CASE("batch norm with its activation is torch's, forward and backward", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    for (const auto& [n, channels, side] : {std::tuple(3, 8, 5), std::tuple(7, 48, 11),
                                            std::tuple(16, 32, 56), std::tuple(4, 2048, 3)}) {
        for (const auto type : {at::kFloat, at::kHalf, at::kBFloat16}) {
            for (const After function : {After::nothing, After::relu, After::relu6}) {
                const double bar = type == at::kFloat ? 2e-5 : type == at::kHalf ? 4e-3 : 3e-2;
                INFO(n << " x " << channels << " x " << side << ", type " << c10::toString(type));
                // Rounded to the type first: the same input for both.
                const auto x = values(n, channels, side).to(type).to(at::kFloat);
                const auto above = (drawn("g", n, side * side * channels)
                                        .view({n, side, side, channels})
                                        .permute({0, 3, 1, 2}))
                                       .to(type)
                                       .to(at::kFloat);
                const auto truth = expected(x, above, function);
                const auto ours = fused(x, above, function, type, *device);
                CHECK(largest_share(ours.y, truth.y) < bar);
                // Where rounding moves a value over the kink its gradient is another.
                if (function == After::nothing) {
                    CHECK(largest_share(ours.dx, truth.dx) < 4 * bar);
                    CHECK(largest_share(ours.dgamma, truth.dgamma) < bar);
                    CHECK(largest_share(ours.dbeta, truth.dbeta) < bar);
                }
                CHECK(largest_share(ours.mean, truth.mean) < 1e-5);
                CHECK(largest_share(ours.variance, truth.variance) < 1e-5);
                const auto again = fused(x, above, function, type, *device);
                CHECK(again.dx == ours.dx);
                CHECK(again.dgamma == ours.dgamma);
            }
        }
    }
}

TEST_CASE("the gradient stops where the activation is flat", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const auto x = values(8, 16, 9);
    const auto above = at::ones_like(x);
    for (const After function : {After::relu, After::relu6}) {
        const auto truth = expected(x, above, function);
        const auto ours = fused(x, above, function, at::kFloat, *device);
        double apart = 0;
        for (std::size_t i = 0; i < truth.dx.size(); ++i) {
            apart += std::abs(truth.dx[i] - ours.dx[i]) > 1e-4F;
        }
        CHECK(apart / static_cast<double>(truth.dx.size()) < 1e-3);
        CHECK(largest_share(ours.dbeta, truth.dbeta) < 1e-2);
    }
}

namespace {

// The same tensors here and on a GPU, with rates by depth.
struct Pair {
    std::vector<at::Tensor> here, there;
    std::vector<double> shares;

    explicit Pair(at::Device device) {
        for (std::int64_t i = 0; i < 150; ++i) {
            here.push_back(drawn("w", i + 1, 1 + i * 7 % 90));
            there.push_back(here.back().to(device));
            shares.push_back(1 / (1 + static_cast<double>(i % 3)));
        }
    }
    void set_gradients(double factor) {
        for (std::size_t i = 0; i < here.size(); ++i) {
            here[i].mutable_grad() = here[i].sin() + 0.1;
            there[i].mutable_grad() = here[i].grad().to(there[i].device()) * factor;
        }
    }
};

}  // namespace

TEST_CASE("every optimizer on a GPU is the processor's, and skips what overflows", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const c10::AutoGradMode off(false);
    for (const trainer::UpdateRule& rule :
         {trainer::UpdateRule{}, trainer::UpdateRule{sweep::Optimizer::adam, {0.9, false, 0.1, 1}},
          trainer::UpdateRule{sweep::Optimizer::adamw, {0.9, false, 0.1, 1}},
          trainer::UpdateRule{sweep::Optimizer::sgd, {0, false, 0, 1}},
          trainer::UpdateRule{sweep::Optimizer::sgd, {0.9, false, 0, 1}},
          trainer::UpdateRule{sweep::Optimizer::sgd, {0.9, true, 0.1, 1}}}) {
        INFO(core::name_of(rule.optimizer) << " " << rule.update.momentum);
        Pair pair(*device);
        const auto& [here, there, shares] = pair;
        trainer::Optimizer host(here, shares, rule), on_gpu(there, shares, rule);
        const auto floats = at::TensorOptions(at::kFloat).device(*device);
        const trainer::cuda::StepScale scale{at::zeros({1}, floats), at::zeros({1}, floats)};
        scale.scale.fill_(1024);
        for (int step = 0; step < 5; ++step) {
            pair.set_gradients(1024);
            for (auto* optimizer : {&host, &on_gpu}) {
                optimizer->set_rate(1e-2 / (1 + step));
            }
            host.step();
            on_gpu.step(&scale);
        }
        CHECK(on_gpu.steps() == 5);
        for (std::size_t i = 0; i < here.size(); ++i) {
            REQUIRE(largest_share(host_floats(there[i]), host_floats(here[i])) < 1e-5);
        }
        const auto before = host_floats(there[77]);
        pair.set_gradients(1024);
        there[140].grad().view(-1)[3] = INFINITY;
        on_gpu.step(&scale);
        CHECK(scale.overflow.item<float>() == 1);
        CHECK(on_gpu.steps() == 5);
        CHECK(host_floats(there[77]) == before);
        pair.set_gradients(1);
        on_gpu.step();
        CHECK(on_gpu.steps() == 6);
        CHECK(host_floats(there[77]) != before);
    }
}

TEST_CASE("a recorded step takes the rate of its day", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const c10::AutoGradMode off(false);
    const at::Tensor weight = at::zeros({3}, at::TensorOptions(at::kFloat).device(*device));
    trainer::Optimizer optimizer({weight}, {}, {sweep::Optimizer::sgd, {0, false, 0, 1}});
    trainer::cuda::Recording recording(*device);
    const at::Tensor gradient = at::ones_like(weight);
    double expected = 0;
    for (const double rate : {1.0, 2.0, 4.0, 8.0, 16.0, 0.0}) {
        optimizer.set_rate(rate);
        recording.run([&] {
            at::Tensor moved = optimizer.parameters()[0];
            moved.mutable_grad() = gradient;
            optimizer.step();
        });
        expected -= rate;
        CHECK(host_floats(weight)[0] == expected);
    }
    CHECK(recording.recorded());
}

TEST_CASE("batches made on a GPU are the processor's, to rounding", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    for (const int stored : {32, 20}) {
        const tests::TemporaryDirectory directory;
        tests::write_drawn_dataset(directory / "drawn.h5", {40, 2, stored, 32});
        const trainer::Dataset here(directory / "drawn.h5", "", at::kCPU);
        const trainer::Dataset there(directory / "drawn.h5", "", *device);
        auto network = models::build_network("mobilenet_0.25", 2, 16);
        for (const auto& [range, scaling] :
             {std::pair(sweep::InputRange::unit, models::Scaling::bgr_less_mean),
              std::pair(sweep::InputRange::keras, models::Scaling::minus_one_to_one),
              std::pair(sweep::InputRange::keras, models::Scaling::bgr_less_mean)}) {
            sweep::Training training;
            training.input_range = range;
            network.scaling = scaling;
            const trainer::Recipe recipe{&network, training, 5, at::kFloat};
            const auto source = trainer::cuda::Feed::source_of(there, training);
            REQUIRE(source);
            trainer::cuda::Feed feed(*source, recipe);
            const std::vector<std::uint32_t> order{3, 17, 0, 39, 22, 8, 9};
            feed.begin_epoch(order, 77);
            feed.load(2, 5);
            const auto batch = std::span(order).subspan(2, 5);
            const auto truth =
                recipe.scaled(trainer::augment(here.images(batch), training, 5, 77, batch));
            INFO("stored at " << stored);
            CHECK(largest_share(host_floats(feed.images()), host_floats(truth)) < 2e-5);
            CHECK(host_floats(feed.labels()) == host_floats(here.labels(batch)));
            CHECK(host_floats(feed.dropout(16, 0.3)) ==
                  host_floats(trainer::dropout_mask({"dropout", 5, 77, batch}, 16, 0.3, at::kCPU)));
            CHECK_FALSE(feed.dropout(16, 0).defined());
        }
    }
}

TEST_CASE("recorded work is replayed on what its tensors hold then", "[gpu]") {
    const auto device = gpu();
    if (!device) {
        return;
    }
    const c10::AutoGradMode off(false);
    const at::Tensor in = at::ones({1000}, at::TensorOptions(at::kFloat).device(*device));
    const at::Tensor sum = at::zeros({1}, in.options());
    trainer::cuda::Recording recording(*device);
    int ran = 0;
    for (int i = 1; i <= 10; ++i) {
        in.fill_(i);
        recording.run([&] {
            ++ran;
            sum.add_((in * 2).sum());
        });
    }
    CHECK(recording.recorded());
    CHECK(ran == 3);
    CHECK(sum.item<float>() == 2000 * 55);
}
