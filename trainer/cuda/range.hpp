// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace graft::trainer::cuda {

// A stretch of this thread's time with a name, as Nsight Systems shows it
// (`nsys profile --trace=cuda,nvtx`); without a profiler it costs a test of a pointer. Nothing in a
// build without CUDA.
class Range {
  public:
    explicit Range(const char* name);
    ~Range();
    Range(const Range&) = delete;
    Range& operator=(const Range&) = delete;
};

}  // namespace graft::trainer::cuda
