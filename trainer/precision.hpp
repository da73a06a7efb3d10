// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

#include "trainer/cuda/optimizer.hpp"
#include "trainer/state_file.hpp"

namespace graft::trainer {

// The type that convolutions and dense layers compute in; weights, batch norm's statistics, loss
// and optimizer stay float32. Throws InputError for float16 on a processor.
at::ScalarType compute_type(sweep::Precision precision, at::Device device);

// The loss scale of float16, where the model is: nothing waits for the device between steps. Of
// other types there is none, and everything here does nothing.
class LossScaler {
  public:
    LossScaler() = default;
    LossScaler(at::ScalarType compute, at::Device device);

    // loss * scale: what is to be derived.
    at::Tensor scaled(const at::Tensor& loss) const;
    // For Optimizer::step(); null where there is none.
    const cuda::StepScale* scale() const { return scale_ ? &*scale_ : nullptr; }
    // After the step: halves the scale after an overflow, doubles it after LossScale::kGrowAfter
    // good steps in a row.
    void update();

    LossScale value() const;  // waits for the device
    void set(const LossScale& value);

  private:
    std::optional<cuda::StepScale> scale_;
    at::Tensor good_steps_;  // int32 [1]
};

}  // namespace graft::trainer
