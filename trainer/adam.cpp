// SPDX-License-Identifier: Apache-2.0
#include "trainer/adam.hpp"

#include <cmath>
#include <utility>

#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_foreach_addcdiv.h>
#include <ATen/ops/_foreach_addcmul.h>
#include <ATen/ops/_foreach_lerp.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_foreach_sqrt.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

Adam::Adam(std::vector<at::Tensor> parameters) : parameters_(std::move(parameters)) {
    const c10::AutoGradMode off(false);
    for (const at::Tensor& parameter : parameters_) {
        first_.push_back(at::zeros_like(parameter));
        second_.push_back(at::zeros_like(parameter));
    }
    if (!parameters_.empty() && parameters_.front().is_cuda()) {
        steps_on_gpu_ = at::zeros({1}, parameters_.front().options().dtype(at::kDouble));
    }
}

std::int64_t Adam::steps() const {
    return steps_on_gpu_.defined() ? static_cast<std::int64_t>(steps_on_gpu_.item<double>())
                                   : steps_;
}

void Adam::set_steps(std::int64_t steps) {
    if (steps_on_gpu_.defined()) {
        steps_on_gpu_.fill_(static_cast<double>(steps));
    } else {
        steps_ = steps;
    }
}

void Adam::step(double learning_rate, const cuda::AdamScale* scale) {
    const c10::AutoGradMode off(false);
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : parameters_) {
        gradients.push_back(parameter.grad());
    }
    if (steps_on_gpu_.defined()) {
        cuda::adam_step({parameters_, first_, second_, std::move(gradients), steps_on_gpu_}, scale,
                        learning_rate);
        drop_gradients();
        return;
    }
    const auto t = static_cast<double>(++steps_);
    const double alpha =
        learning_rate * std::sqrt(1 - std::pow(kBeta2, t)) / (1 - std::pow(kBeta1, t));
    at::_foreach_lerp_(first_, gradients, 1 - kBeta1);
    at::_foreach_mul_(second_, kBeta2);
    at::_foreach_addcmul_(second_, gradients, gradients, 1 - kBeta2);
    std::vector<at::Tensor> divisor = at::_foreach_sqrt(second_);
    at::_foreach_add_(divisor, kEpsilon);
    at::_foreach_addcdiv_(parameters_, first_, divisor, -alpha);
    drop_gradients();
}

void Adam::go_on_from(const Adam& other) {
    const c10::AutoGradMode off(false);
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        first_[i].copy_(other.first_.at(i));
        second_[i].copy_(other.second_.at(i));
    }
    set_steps(other.steps());
}

void Adam::drop_gradients() {
    for (at::Tensor& parameter : parameters_) {
        parameter.mutable_grad().reset();
    }
}

}  // namespace graft::trainer
