// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include <c10/core/Device.h>

namespace graft::trainer {

// Everything that needs CUDA's own calls; cuda.cpp without CUDA knows no device.

// CUDA_VISIBLE_DEVICES names a device.
bool cuda_requested();
// Throws InputError when no GPU can be used by this build on this machine.
c10::Device cuda_device();
// Throws InputError unless there are so many, the first of which are of one kind.
void check_gpus(int count);
std::string cuda_name(c10::Device device);
// "CUDA 12.6, cuDNN 9.5.1"
std::string cuda_versions();
std::uint64_t cuda_free_bytes(c10::Device device);
void cuda_synchronize(c10::Device device);

}  // namespace graft::trainer
