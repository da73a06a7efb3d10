// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda.hpp"

#include <stdexcept>

#include "core/env.hpp"
#include "core/error.hpp"

#ifdef GRAFT_CUDA
#include <ATen/Context.h>
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/util/Exception.h>
#include <cuda_runtime_api.h>
#endif

namespace graft::trainer {

bool cuda_requested() {
    const auto devices = core::env("CUDA_VISIBLE_DEVICES");
    return devices && !devices->empty() && *devices != "-1";
}

#ifdef GRAFT_CUDA

c10::Device cuda_device() {
    if (!at::globalContext().hasCUDA() || c10::cuda::device_count() < 1) {
        // In CUDA's own words: a device that fell off the bus since its supervisor saw it.
        TORCH_CHECK(false, "CUDA error: no CUDA-capable device is detected (",
                    core::env("CUDA_VISIBLE_DEVICES").value_or(""), "; check nvidia-smi)");
    }
    return {c10::kCUDA, 0};
}

void check_gpus(int count) {
    const int visible = c10::cuda::device_count();
    if (visible < count) {
        core::fail_input(
            "gpus_per_trial {} cannot be had here (the trial's slots have {} GPU(s): {}). Give the "
            "job as many GPUs in one rank, with no more slots than GPUs; or set gpus_per_trial to "
            "{}.",
            count, visible, core::env("CUDA_VISIBLE_DEVICES").value_or(""), visible);
    }
    const std::string first = cuda_name({c10::kCUDA, 0});
    for (int i = 1; i < count; ++i) {
        const std::string other = cuda_name({c10::kCUDA, static_cast<c10::DeviceIndex>(i)});
        if (other != first) {
            core::fail_input(
                "a trial cannot be trained on GPUs of two kinds ({} and {}: they would not agree "
                "to the bit). Ask for nodes with one kind of GPU.",
                first, other);
        }
    }
}

std::string cuda_name(c10::Device device) {
    return at::cuda::getDeviceProperties(device.index())->name;
}

std::string cuda_versions() {
    const long cudnn = at::detail::getCUDAHooks().versionCuDNN();
    return fmt::format("CUDA {}.{}, cuDNN {}", CUDART_VERSION / 1000, CUDART_VERSION % 1000 / 10,
                       cudnn);
}

std::uint64_t cuda_free_bytes(c10::Device device) {
    c10::cuda::set_device(device.index());
    std::size_t available = 0, total = 0;
    C10_CUDA_CHECK(cudaMemGetInfo(&available, &total));
    return available;
}

void cuda_synchronize(c10::Device device) {
    c10::cuda::set_device(device.index());
    c10::cuda::device_synchronize();
}

#else

namespace {

[[noreturn]] void fail_without_cuda() {
    core::fail_input(
        "this graft-trainer cannot use a GPU (CUDA_VISIBLE_DEVICES is '{}', and it was built "
        "without CUDA). Build with -DGRAFT_CUDA=ON, or clear CUDA_VISIBLE_DEVICES.",
        core::env("CUDA_VISIBLE_DEVICES").value_or(""));
}

}  // namespace

c10::Device cuda_device() {
    fail_without_cuda();
}
void check_gpus(int) {
    fail_without_cuda();
}
std::string cuda_name(c10::Device) {
    fail_without_cuda();
}
std::string cuda_versions() {
    fail_without_cuda();
}
std::uint64_t cuda_free_bytes(c10::Device) {
    fail_without_cuda();
}
void cuda_synchronize(c10::Device) {
    fail_without_cuda();
}

#endif

}  // namespace graft::trainer
