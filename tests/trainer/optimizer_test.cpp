// SPDX-License-Identifier: Apache-2.0
#include "trainer/optimizer.hpp"

#include <cmath>

#include <ATen/ops/zeros_like.h>
#include <ATen/TensorOperators.h>

#include "support/catch.hpp"
#include "trainer/small_study.hpp"
#include "trainer/tensors.hpp"

using namespace graft;

TEST_CASE("Adam takes Keras' steps, epsilon beside the uncorrected root") {
    at::Tensor weight = trainer::from_floats({1, -2, 3}, {3}, at::kCPU).requires_grad_(true);
    trainer::Optimizer adam({weight});
    adam.set_rate(0.01);
    // Written out in double from keras/src/optimizers/adam.py.
    double w[] = {1, -2, 3}, m[] = {0, 0, 0}, v[] = {0, 0, 0};
    for (int t = 1; t <= 5; ++t) {
        const double g[] = {0.1 * t, -1e-7, 2.0 / t};
        weight.mutable_grad() = trainer::from_floats(
            {static_cast<float>(g[0]), static_cast<float>(g[1]), static_cast<float>(g[2])}, {3},
            at::kCPU);
        adam.step();
        const double alpha = 0.01 * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t));
        for (int i = 0; i < 3; ++i) {
            m[i] += (g[i] - m[i]) * (1 - 0.9);
            v[i] += (g[i] * g[i] - v[i]) * (1 - 0.999);
            w[i] -= alpha * m[i] / (std::sqrt(v[i]) + 1e-7);
        }
        const auto got = trainer::host_floats(weight);
        for (std::size_t i = 0; i < 3; ++i) {
            CHECK(got[i] == Approx(w[i]).epsilon(1e-6));
        }
        CHECK_FALSE(weight.grad().defined());
    }
    CHECK(adam.steps() == 5);
    // The gradient of 1e-7 tells the two forms apart: torch's would have moved by nearly 0.05.
    CHECK(trainer::host_floats(weight)[1] < -1.99);
    CHECK(trainer::host_floats(weight)[1] > -2.0);
    CHECK(std::abs(w[1] + 2) < 0.01);
}

TEST_CASE("Adam goes by places in the tensor, however a gradient lies in memory") {
    // More numbers than a thread is woken for, and no multiple of a vector.
    const std::vector<std::int64_t> shape{67, 37, 3, 9};
    const auto taken = [&](at::MemoryFormat of_weight, at::MemoryFormat of_gradient,
                           at::ScalarType type) {
        const at::Tensor values = tests::ramp(shape).to(type);
        at::Tensor weight = values.clone(of_weight).requires_grad_(true);
        trainer::Optimizer adam({weight});
        adam.set_rate(0.01);
        for (int t = 1; t <= 3; ++t) {
            weight.mutable_grad() = (values / t).contiguous(of_gradient);
            adam.step();
        }
        return trainer::host_floats(weight);
    };
    constexpr auto rows = at::MemoryFormat::Contiguous, pixels = at::MemoryFormat::ChannelsLast;
    const auto alike = taken(rows, rows, at::kFloat);
    CHECK(taken(pixels, rows, at::kFloat) == alike);
    CHECK(taken(rows, pixels, at::kFloat) == alike);
    CHECK(taken(pixels, pixels, at::kFloat) == alike);
    const auto exact = taken(pixels, rows, at::kDouble);
    for (std::size_t i = 0; i < exact.size(); i += 97) {
        CHECK(alike[i] == Approx(exact[i]).margin(1e-6));
    }
}

TEST_CASE("a share of the rate is a smaller rate in all that a step does, decay included") {
    for (const auto optimizer :
         {sweep::Optimizer::adam, sweep::Optimizer::adamw, sweep::Optimizer::sgd}) {
        INFO(core::name_of(optimizer));
        const auto taken = [&](double rate, double share) {
            at::Tensor weight = tests::ramp({300}).requires_grad_(true);
            trainer::Optimizer one({weight}, {share}, {optimizer, {0.9, false, 0.5, 1}});
            one.set_rate(rate);
            for (int t = 1; t <= 3; ++t) {
                weight.mutable_grad() = tests::ramp({300}) / t;
                one.step();
            }
            return trainer::host_floats(weight);
        };
        CHECK(taken(0.25, 0.5) == taken(0.125, 1));
        CHECK(taken(0.25, 0.5) != taken(0.25, 1));
    }
}

TEST_CASE("all weights decay, biases and batch norm's included") {
    for (const auto optimizer : {sweep::Optimizer::adamw, sweep::Optimizer::sgd}) {
        at::Tensor kernel = tests::ramp({6, 5}).requires_grad_(true);
        at::Tensor bias = tests::ramp({5}).requires_grad_(true);
        trainer::Optimizer both({kernel, bias}, {}, {optimizer, {0, false, 0.5, 1}});
        for (at::Tensor* weight : {&kernel, &bias}) {
            weight->mutable_grad() = at::zeros_like(weight->detach());
        }
        both.set_rate(0.25);
        both.step();
        CHECK(kernel.detach().allclose(tests::ramp({6, 5}) * 0.875));
        CHECK(bias.detach().allclose(tests::ramp({5}) * 0.875));
    }
}
