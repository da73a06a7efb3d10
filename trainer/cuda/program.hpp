// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <string>
#include <vector>

namespace graft::trainer::cuda {

// Kernels of our own: CUDA C++ compiled for the device at hand by NVRTC, which comes with LibTorch,
// so that the build needs no CUDA compiler. About 0.2 s each; kept for the process's life.
class Program {
  public:
    // Compiles for the current device. Throws std::logic_error with the compiler's log, and
    // c10::Error when the driver refuses.
    Program(const char* source, const std::vector<std::string>& options);
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    using Dimensions = std::array<unsigned, 3>;
    // On torch's current stream; `arguments` are pointers to the kernel's arguments.
    void launch(const char* kernel, Dimensions grid, Dimensions block,
                std::vector<const void*> arguments) const;

  private:
    void* module_ = nullptr;  // CUmodule
};

}  // namespace graft::trainer::cuda
