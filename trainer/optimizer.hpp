// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

#include "trainer/cuda/optimizer.hpp"

namespace graft::trainer {

// What an optimizer is made of; its momentum and nesterov are those of sgd alone.
struct UpdateRule {
    sweep::Optimizer optimizer = sweep::Optimizer::adam;
    sweep::Update update;
};

// Moves weights w along their gradients g. In a parameter's t-th step, with the rate a of that step
// (sweep/rate.hpp) times the parameter's share:
//   adam   as Keras computes it (keras/src/optimizers/adam.py; Kingma and Ba 2015, end of
//          section 2), not as torch, which adds epsilon after correcting v's bias:
//            alpha = a sqrt(1 - b2^t) / (1 - b1^t)
//            m += (g - m) (1 - b1);  v += (g^2 - v) (1 - b2);  w -= alpha m / (sqrt(v) + epsilon)
//   adamw  the same after w -= a d w, d = weight_decay (Loshchilov and Hutter 2019), as both have
//   it sgd    as torch computes it (torch/optim/sgd.py), mu = momentum:
//            v = mu v + g;  w -= a v, or with nesterov w -= a (g + mu v); without mu w -= a g
//          Keras keeps the rate in its velocity: the same as long as the rate is.
// adam and sgd take g + d w for g, as torch does; all parameters decay, biases and batch norm's
// included, as they do in torch by default.
class Optimizer {
  public:
    static constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-7;

    Optimizer() = default;
    // Moments zero; `parameters` share their storage with the network that is trained. `shares`:
    // of the rate, one for each; none: all of it.
    explicit Optimizer(std::vector<at::Tensor> parameters, std::vector<double> shares = {},
                       const UpdateRule& rule = {});

    // Of the steps from now on. On a GPU it is read where it lies: recorded steps take a new one.
    void set_rate(double rate);
    // One step along the parameters' gradients, which are then dropped. On a GPU the host waits for
    // nothing; `scale` (float16 there, else null): with an overflow nothing moves.
    void step(const cuda::StepScale* scale = nullptr);
    void drop_gradients();
    // Takes over moments and steps of another for equal parameters, on any device.
    void go_on_from(const Optimizer& other);

    const std::vector<at::Tensor>& parameters() const { return parameters_; }
    // To be saved and, on going on, overwritten in place: in the order of the parameters the first
    // and second moments of Adam; of sgd its velocities alone, or nothing; and the steps done.
    const std::vector<at::Tensor>& first() const { return first_; }
    const std::vector<at::Tensor>& second() const { return second_; }
    std::int64_t steps() const;
    void set_steps(std::int64_t steps);

  private:
    template <typename T>
    void move(std::size_t parameter, const at::Tensor& gradient) const;

    std::vector<at::Tensor> parameters_, first_, second_;
    std::vector<double> shares_;
    UpdateRule rule_;
    double rate_ = std::numeric_limits<double>::quiet_NaN();  // until it is set
    std::int64_t steps_ = 0;
    at::Tensor steps_on_gpu_, rate_on_gpu_;  // float64 [1], in place of steps_ and rate_
};

}  // namespace graft::trainer
