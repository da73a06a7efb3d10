// SPDX-License-Identifier: Apache-2.0
// Against torch's own optimizers and schedule.
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/schedulers/step_lr.h>
#include <torch/optim/sgd.h>

#include "sweep/rate.hpp"

#include "support/catch.hpp"
#include "trainer/optimizer.hpp"
#include "trainer/small_study.hpp"
#include "trainer/tensors.hpp"

using namespace graft;
using sweep::Optimizer;
using trainer::UpdateRule;

namespace {

constexpr int kSteps = 12;

double rate_of(int step) {
    return 0.05 / (1 + step % 4);
}

at::Tensor gradient_of(const at::Tensor& weight, int step) {
    return (weight.detach() * 3 + step).sin() + 1.5;  // never near Adam's epsilon
}

at::Tensor first_weight() {
    // More numbers than a thread is woken for.
    return (tests::ramp({261, 257}).to(at::kDouble) + 0.25).requires_grad_(true);
}

at::Tensor ours(const UpdateRule& rule, at::ScalarType type = at::kDouble) {
    const at::Tensor weight = first_weight().detach().to(type).requires_grad_(true);
    trainer::Optimizer optimizer({weight}, {}, rule);
    for (int step = 0; step < kSteps; ++step) {
        weight.mutable_grad() = gradient_of(weight, step);
        optimizer.set_rate(rate_of(step));
        optimizer.step();
    }
    return weight.detach();
}

template <class Torch, class Options>
at::Tensor torchs(const Options& options) {
    const at::Tensor weight = first_weight();
    Torch optimizer({weight}, options);
    for (int step = 0; step < kSteps; ++step) {
        weight.mutable_grad() = gradient_of(weight, step);
        static_cast<Options&>(optimizer.param_groups()[0].options()).lr(rate_of(step));
        optimizer.step();
    }
    return weight.detach();
}

double apart(const at::Tensor& a, const at::Tensor& b) {
    return (a.to(at::kDouble) - b).abs().max().item<double>();
}

}  // namespace

TEST_CASE("sgd is torch's, with momentum, Nesterov's and decay, while the rate changes") {
    for (const double momentum : {0.0, 0.9}) {
        for (const bool nesterov : {false, true}) {
            for (const double decay : {0.0, 0.02}) {
                if (nesterov && momentum == 0) {
                    continue;
                }
                INFO(momentum << " " << nesterov << " " << decay);
                const UpdateRule rule{Optimizer::sgd, {momentum, nesterov, decay, 1}};
                const at::Tensor expected = torchs<torch::optim::SGD>(
                    torch::optim::SGDOptions(1).momentum(momentum).nesterov(nesterov).weight_decay(
                        decay));
                CHECK(apart(ours(rule), expected) < 1e-12);
                CHECK(apart(ours(rule, at::kFloat), expected) < 1e-5);
            }
        }
    }
}

// Beside gradients of this size the place of epsilon, which is Keras', moves no digit that counts.
TEST_CASE("the decay of adam and adamw is torch's") {
    const double decay = 0.05;
    const auto adam =
        torchs<torch::optim::Adam>(torch::optim::AdamOptions(1).eps(1e-7).weight_decay(decay));
    const auto adamw =
        torchs<torch::optim::AdamW>(torch::optim::AdamWOptions(1).eps(1e-7).weight_decay(decay));
    REQUIRE(apart(adam, adamw) > 1e-3);
    const UpdateRule coupled{Optimizer::adam, {0.9, false, decay, 1}};
    const UpdateRule decoupled{Optimizer::adamw, {0.9, false, decay, 1}};
    CHECK(apart(ours(coupled), adam) < 1e-5);
    CHECK(apart(ours(decoupled), adamw) < 1e-5);
    CHECK(apart(ours(coupled, at::kFloat), adam) < 2e-5);
}

TEST_CASE("steps of the rate are torch's StepLR") {
    const sweep::Schedule schedule{sweep::RateShape::step, 0, 3, 0.3, 0};
    torch::optim::SGD optimizer({first_weight()}, torch::optim::SGDOptions(0.7));
    torch::optim::StepLR peer(optimizer, 3, 0.3);
    for (int epoch = 0; epoch < 10; ++epoch) {
        peer.step();  // in C++ before an epoch; in Python the first one is the constructor's
        const double expected = optimizer.param_groups()[0].options().get_lr();
        for (const std::int64_t batch : {0, 4}) {
            CHECK(sweep::rate_at(schedule, 0.7, {epoch * 5 + batch, 5, 10}) ==
                  Approx(expected).epsilon(1e-12));
        }
    }
}
