// SPDX-License-Identifier: Apache-2.0
#include "trainer/adam.hpp"

#include <cmath>
#include <utility>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

// Numbers that a thread is woken for.
constexpr std::int64_t kPiece = 1 << 16;

struct Trained {
    at::Tensor weight, first, second, gradient;
};

// Whether equal places in memory are equal places in the tensors, without gaps.
bool lie_alike(const at::Tensor& a, const at::Tensor& b) {
    for (std::int64_t d = 0; d < a.dim(); ++d) {
        if (a.size(d) > 1 && a.stride(d) != b.stride(d)) {
            return false;
        }
    }
    return a.is_non_overlapping_and_dense() && b.is_non_overlapping_and_dense();
}

template <typename T>
void move(const Trained& one, AdamLoop<T> loop, double alpha) {
    at::Tensor gradient = one.gradient;
    if (!lie_alike(gradient, one.weight)) {
        gradient = at::empty_like(one.weight).copy_(gradient);
    }
    const AdamStep<T> step{static_cast<T>(1 - Adam::kBeta1), static_cast<T>(Adam::kBeta2),
                           static_cast<T>(1 - Adam::kBeta2), static_cast<T>(alpha),
                           static_cast<T>(Adam::kEpsilon)};
    const T* from = gradient.const_data_ptr<T>();
    T* weight = one.weight.mutable_data_ptr<T>();
    T* first = one.first.mutable_data_ptr<T>();
    T* second = one.second.mutable_data_ptr<T>();
    at::parallel_for(0, gradient.numel(), kPiece, [&](std::int64_t begin, std::int64_t end) {
        loop(step, end - begin, from + begin, weight + begin, first + begin, second + begin);
    });
}

}  // namespace

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
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        const Trained one{parameters_[i], first_[i], second_[i], gradients[i]};
        if (one.weight.scalar_type() == at::kDouble) {
            move(one, loops().adam_of_doubles, alpha);
        } else {
            move(one, loops().adam_of_floats, alpha);
        }
    }
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
