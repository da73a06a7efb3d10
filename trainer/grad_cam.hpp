// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "trainer/executor.hpp"

namespace graft::trainer {

// Where in each image the evidence for a class lies: Grad-CAM (Selvaraju et al., ICCV 2017) of the
// base's last feature map A. With y the class' score before the softmax and a_k the mean of dy/dA_k
// over the map, it is ReLU(sum over k of a_k A_k), divided by its largest value, enlarged to the
// image bilinearly. `images` [n, 3, H, W] as the network takes them; `classes` one for each.
// Returns [n, 1, H, W] in 0..1; zeros where nothing speaks for the class.
at::Tensor grad_cam(const Executor& executor, const at::Tensor& images,
                    const std::vector<std::int64_t>& classes);

}  // namespace graft::trainer
