// SPDX-License-Identifier: Apache-2.0
#include "trainer/optimizer.hpp"

#include <cmath>
#include <type_traits>
#include <utility>

#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>

#include "sweep/moments.hpp"

#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

// Numbers that a thread is woken for.
constexpr std::int64_t kPiece = 1 << 16;

// Whether equal places in memory are equal places in the tensors, without gaps.
bool lie_alike(const at::Tensor& a, const at::Tensor& b) {
    for (std::int64_t d = 0; d < a.dim(); ++d) {
        if (a.size(d) > 1 && a.stride(d) != b.stride(d)) {
            return false;
        }
    }
    return a.is_non_overlapping_and_dense() && b.is_non_overlapping_and_dense();
}

std::vector<at::Tensor> zeros_like(const std::vector<at::Tensor>& parameters) {
    std::vector<at::Tensor> zeros;
    for (const at::Tensor& parameter : parameters) {
        zeros.push_back(at::zeros_like(parameter));
    }
    return zeros;
}

template <typename T>
const OptimizerLoops<T>& loops_of() {
    if constexpr (std::is_same_v<T, double>) {
        return loops().optimizer_of_doubles;
    } else {
        return loops().optimizer_of_floats;
    }
}

template <typename T>
SgdStep<T> sgd_step(const sweep::Update& update, double rate) {
    const double mu = update.momentum;
    return {static_cast<T>(mu), static_cast<T>(update.nesterov ? 1 : 0),
            static_cast<T>(update.nesterov ? mu : 1), static_cast<T>(rate),
            static_cast<T>(update.weight_decay)};
}

template <typename T>
AdamStep<T> adam_step(const UpdateRule& rule, double rate, double t) {
    const double decay = rule.update.weight_decay;
    const bool decoupled = rule.optimizer == sweep::Optimizer::adamw;
    const double alpha =
        rate * std::sqrt(1 - std::pow(Optimizer::kBeta2, t)) / (1 - std::pow(Optimizer::kBeta1, t));
    return {static_cast<T>(1 - Optimizer::kBeta1),
            static_cast<T>(Optimizer::kBeta2),
            static_cast<T>(1 - Optimizer::kBeta2),
            static_cast<T>(alpha),
            static_cast<T>(Optimizer::kEpsilon),
            static_cast<T>(decoupled ? 0 : decay),
            static_cast<T>(decoupled ? 1 - rate * decay : 1)};
}

}  // namespace

Optimizer::Optimizer(std::vector<at::Tensor> parameters, std::vector<double> shares,
                     const UpdateRule& rule)
    : parameters_(std::move(parameters)), shares_(std::move(shares)), rule_(rule) {
    const c10::AutoGradMode off(false);
    shares_.resize(parameters_.size(), 1);
    const int moments = sweep::moments_of(rule.optimizer, rule.update);
    if (moments > 0) {
        first_ = zeros_like(parameters_);
    }
    if (moments > 1) {
        second_ = zeros_like(parameters_);
    }
    if (!parameters_.empty() && parameters_.front().is_cuda()) {
        const auto doubles = parameters_.front().options().dtype(at::kDouble);
        steps_on_gpu_ = at::zeros({1}, doubles);
        rate_on_gpu_ = at::zeros({1}, doubles);
    }
}

std::int64_t Optimizer::steps() const {
    return steps_on_gpu_.defined() ? static_cast<std::int64_t>(steps_on_gpu_.item<double>())
                                   : steps_;
}

void Optimizer::set_steps(std::int64_t steps) {
    if (steps_on_gpu_.defined()) {
        steps_on_gpu_.fill_(static_cast<double>(steps));
    } else {
        steps_ = steps;
    }
}

void Optimizer::set_rate(double rate) {
    if (rate != rate_ && rate_on_gpu_.defined()) {
        rate_on_gpu_.fill_(rate);
    }
    rate_ = rate;
}

template <typename T>
void Optimizer::move(std::size_t parameter, const at::Tensor& gradient) const {
    const at::Tensor& moved = parameters_[parameter];
    const T* from = gradient.const_data_ptr<T>();
    T* weight = moved.mutable_data_ptr<T>();
    T* first = first_.empty() ? nullptr : first_[parameter].mutable_data_ptr<T>();
    const double rate = rate_ * shares_[parameter];
    const auto all = [&](auto piece) { at::parallel_for(0, moved.numel(), kPiece, piece); };
    if (rule_.optimizer == sweep::Optimizer::sgd) {
        const auto step = sgd_step<T>(rule_.update, rate);
        all([&](std::int64_t begin, std::int64_t end) {
            loops_of<T>().sgd(step, end - begin, from + begin, weight + begin,
                              first ? first + begin : nullptr);
        });
        return;
    }
    T* second = second_[parameter].mutable_data_ptr<T>();
    const auto step = adam_step<T>(rule_, rate, static_cast<double>(steps_));
    all([&](std::int64_t begin, std::int64_t end) {
        loops_of<T>().adam(step, end - begin, from + begin, weight + begin, first + begin,
                           second + begin);
    });
}

void Optimizer::step(const cuda::StepScale* scale) {
    const c10::AutoGradMode off(false);
    std::vector<at::Tensor> gradients;
    for (const at::Tensor& parameter : parameters_) {
        gradients.push_back(parameter.grad());
    }
    if (steps_on_gpu_.defined()) {
        cuda::optimizer_step({parameters_, first_, second_, std::move(gradients), shares_,
                              steps_on_gpu_, rate_on_gpu_},
                             scale, rule_.optimizer, rule_.update);
        drop_gradients();
        return;
    }
    ++steps_;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
        at::Tensor gradient = gradients[i];
        if (!lie_alike(gradient, parameters_[i])) {
            gradient = at::empty_like(parameters_[i]).copy_(gradient);
        }
        if (gradient.scalar_type() == at::kDouble) {
            move<double>(i, gradient);
        } else {
            move<float>(i, gradient);
        }
    }
    drop_gradients();
}

void Optimizer::go_on_from(const Optimizer& other) {
    const c10::AutoGradMode off(false);
    for (std::size_t i = 0; i < first_.size(); ++i) {
        first_[i].copy_(other.first_.at(i));
    }
    for (std::size_t i = 0; i < second_.size(); ++i) {
        second_[i].copy_(other.second_.at(i));
    }
    set_steps(other.steps());
}

void Optimizer::drop_gradients() {
    for (at::Tensor& parameter : parameters_) {
        parameter.mutable_grad().reset();
    }
}

}  // namespace graft::trainer
