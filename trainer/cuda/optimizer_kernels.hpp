// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace graft::trainer::cuda {

// CUDA C++ of trainer/cuda/optimizer.cpp. TENSORS is the number of tensors of one launch.
extern const char* const kOptimizerKernels;

}  // namespace graft::trainer::cuda
