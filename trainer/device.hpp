// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <c10/core/Device.h>

#include "sweep/training.hpp"

namespace graft::trainer {

// The device that this process trains on: the first GPU when CUDA_VISIBLE_DEVICES names one (and
// the build has CUDA), else the processor. Throws InputError when a GPU is named and cannot be
// used.
c10::Device choose_device();
// The same for the replicas of a trial: the first `count` GPUs, of one kind, or the processor so
// many times.
std::vector<c10::Device> choose_devices(int count);

// Deterministic kernels, `threads` threads within an operation and one between operations. Once per
// process, before any tensor is made.
void set_up_torch(int threads);
// TF32 on a GPU, or IEEE float32.
void set_precision(sweep::Precision precision);

// "NVIDIA H200", or the processor's name.
std::string device_name(c10::Device device);
// What the bits of a result depend on: kind of device, threads, instruction set, library versions.
std::string numerics(c10::Device device, int threads);

// Memory that a dataset may count on: the machine's, or what the job's limit leaves of it.
std::uint64_t free_host_bytes();
std::uint64_t free_device_bytes(c10::Device device);

// Waits for the device's pending work, so that time and errors are charged where they arise.
void synchronize(c10::Device device);

}  // namespace graft::trainer
