// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/mark.hpp"

#ifdef GRAFT_CUDA
#include <ATen/cuda/CUDAEvent.h>
#include <c10/cuda/CUDAStream.h>
#include <cuda_runtime_api.h>
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

struct Mark::Event {
    // Whoever waits leaves its core to others.
    at::cuda::CUDAEvent event{cudaEventDisableTiming | cudaEventBlockingSync};
};

Mark::Mark(c10::Device device) {
    if (!device.is_cpu()) {
        event_ = std::make_unique<Event>();
        event_->event.record(c10::cuda::getCurrentCUDAStream(device.index()));
    }
}

void Mark::wait() const {
    if (event_) {
        event_->event.synchronize();
    }
}

#else

struct Mark::Event {};

Mark::Mark(c10::Device) {}

void Mark::wait() const {}

#endif

Mark::~Mark() = default;
Mark::Mark(Mark&&) noexcept = default;
Mark& Mark::operator=(Mark&&) noexcept = default;

}  // namespace graft::trainer::cuda
