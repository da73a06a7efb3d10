// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace graft::trainer::cuda {

// CUDA C++ of trainer/cuda/norm.cpp, compiled for the device at hand when it is first used, with
// -DT_F32, -DT_F16 or -DT_BF16 and -DACT=0 (none), 1 (ReLU) or 2 (ReLU6).
extern const char* const kNormKernels;

}  // namespace graft::trainer::cuda
