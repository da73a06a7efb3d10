// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace graft::trainer::cuda {

// CUDA C++ of trainer/cuda/adam.cpp. kAdamTensors is the number of tensors of one launch.
extern const char* const kAdamKernels;

}  // namespace graft::trainer::cuda
