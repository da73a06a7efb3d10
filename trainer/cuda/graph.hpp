// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include <c10/core/Device.h>
#include <c10/util/Exception.h>

namespace graft::trainer::cuda {

// Work on a GPU that is the same each time: it reads and writes the same tensors, and nothing of it
// depends on what the host reads from the device. The first calls run it (libraries set themselves
// up, kernels are compiled), the next records it as a CUDA graph, and from then on the graph is
// replayed: one launch instead of thousands. What host code in `work` does happens only while it
// runs or is recorded. On a processor every call runs it.
class Recording {
  public:
    explicit Recording(c10::Device device);
    ~Recording();
    Recording(Recording&&) noexcept;
    Recording& operator=(Recording&&) noexcept;

    void run(const std::function<void()>& work);
    bool recorded() const { return graph_ != nullptr; }

  private:
    struct Graph;
    void give_up(Graph& recording, const c10::Error& error);

    c10::Device device_;
    int direct_ = 0;  // calls that ran it
    std::unique_ptr<Graph> graph_;
};

// Makes a stream of its own the current one of this thread, for graphs cannot be recorded on the
// default stream. Once per process, before any tensor is made on the GPU.
void use_own_stream(c10::Device device);

}  // namespace graft::trainer::cuda
