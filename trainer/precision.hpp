// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "sweep/training.hpp"

#include "trainer/state_file.hpp"

namespace graft::trainer {

// The type that convolutions and dense layers compute in; weights, batch norm, loss and Adam stay
// float32. Throws InputError for float16 on a processor.
at::ScalarType compute_type(sweep::Precision precision, at::Device device);

// Divides the gradients of `parameters` by the loss scale and adapts it; false when one of them
// overflowed: the step is to be left out.
bool unscale_gradients(const std::vector<at::Tensor>& parameters, LossScale& scale);

}  // namespace graft::trainer
