// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/tensors.hpp"

namespace graft::trainer {

// A convolution of x [N, C, H, W], padded before; groups as torch's.
struct Convolution {
    std::int64_t stride = 1, row_padding = 0, column_padding = 0, groups = 1;
};

// A convolution whose weights do not change any more, on a processor with oneDNN: that is given the
// kernel in its own layout, into which it would turn it in every call. No gradients.
//
// A convolution is always run by the same operator, whether it is turned already or not, so that
// its bits depend on the values alone.
class PackedConvolution {
  public:
    // Whether this way is open for x: in float32 on a processor, by a LibTorch with oneDNN.
    static bool takes(const at::Tensor& x, at::ScalarType compute);

    // `weights`, {kernel} or {kernel, bias}, are the same in every call. What is used once is not
    // worth turning: the first call keeps nothing.
    at::Tensor run(const at::Tensor& x, const Convolution& how, const LayerTensors& weights);

  private:
    at::Tensor kernel_;  // undefined before the second call
    bool used_ = false;
};

}  // namespace graft::trainer
