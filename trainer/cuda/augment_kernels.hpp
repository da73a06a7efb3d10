// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace graft::trainer::cuda {

// CUDA C++ of trainer/cuda/augment.cpp, compiled with -DOUT_F32, -DOUT_F16 or -DOUT_BF16.
extern const char* const kAugmentKernels;

}  // namespace graft::trainer::cuda
