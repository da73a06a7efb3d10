// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/cuda/adam.hpp"

namespace graft::trainer {

// Adam as Keras computes it (keras/src/optimizers/adam.py; Kingma and Ba 2015, end of section 2):
//   alpha = rate * sqrt(1 - b2^t) / (1 - b1^t)
//   m += (g - m) (1 - b1);  v += (g^2 - v) (1 - b2);  w -= alpha m / (sqrt(v) + epsilon)
// torch's own adds epsilon after correcting v's bias instead, which is another algorithm.
class Adam {
  public:
    static constexpr double kBeta1 = 0.9, kBeta2 = 0.999, kEpsilon = 1e-7;

    Adam() = default;
    // Moments zero; `parameters` share their storage with the network that is trained.
    explicit Adam(std::vector<at::Tensor> parameters);

    // One step along the parameters' gradients, which are then dropped. On a GPU the host waits for
    // nothing; `scale` (float16 there, else null): with an overflow nothing moves.
    void step(double learning_rate, const cuda::AdamScale* scale = nullptr);
    void drop_gradients();
    // Takes over moments and steps of another for equal parameters, on any device.
    void go_on_from(const Adam& other);

    const std::vector<at::Tensor>& parameters() const { return parameters_; }
    // To be saved and, on going on, overwritten in place: first and second moments in the order of
    // the parameters, and the number of steps done.
    const std::vector<at::Tensor>& first() const { return first_; }
    const std::vector<at::Tensor>& second() const { return second_; }
    std::int64_t steps() const;
    void set_steps(std::int64_t steps);

  private:
    std::vector<at::Tensor> parameters_, first_, second_;
    std::int64_t steps_ = 0;
    at::Tensor steps_on_gpu_;  // float64 [1], in place of steps_
};

}  // namespace graft::trainer
