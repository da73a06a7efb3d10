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
