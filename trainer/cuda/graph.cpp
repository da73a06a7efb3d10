// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/graph.hpp"

#ifdef GRAFT_CUDA
#include <cstdio>
#include <limits>

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDAStream.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>
#endif

namespace graft::trainer::cuda {

#ifdef GRAFT_CUDA

namespace {

constexpr int kDirect = 2;

}  // namespace

struct Recording::Graph {
    at::cuda::CUDAGraph graph;
};

void Recording::run(const std::function<void()>& work) {
    if (graph_) {
        graph_->graph.replay();
        return;
    }
    if (device_.is_cpu() || direct_ < kDirect) {
        ++direct_;
        work();
        return;
    }
    auto recording = std::make_unique<Graph>();
    // Relaxed: the backward pass runs in a thread of its own, and may allocate there.
    recording->graph.capture_begin({0, 0}, cudaStreamCaptureModeRelaxed);
    try {
        work();
        recording->graph.capture_end();
    } catch (const c10::Error& error) {
        give_up(*recording, error);
        work();
        return;
    }
    graph_ = std::move(recording);
    graph_->graph.replay();
}

// Not every driver can record everything: then it is run, as before.
void Recording::give_up(Graph& recording, const c10::Error& error) {
    direct_ = std::numeric_limits<int>::min();
    try {
        recording.graph.capture_end();
    } catch (const c10::Error&) {
        // It was not complete, as is known.
    }
    fmt::print(stderr, "graft-trainer: training goes on without CUDA graphs: {}\n",
               error.what_without_backtrace());
}

void use_own_stream(c10::Device device) {
    if (!device.is_cpu()) {
        c10::cuda::setCurrentCUDAStream(
            c10::cuda::getStreamFromPool(/*isHighPriority=*/false, device.index()));
    }
}

#else

struct Recording::Graph {};

void Recording::run(const std::function<void()>& work) {
    work();
}

void use_own_stream(c10::Device) {}

#endif

Recording::Recording(c10::Device device) : device_(device) {}
Recording::~Recording() = default;
Recording::Recording(Recording&&) noexcept = default;
Recording& Recording::operator=(Recording&&) noexcept = default;

}  // namespace graft::trainer::cuda
