// SPDX-License-Identifier: Apache-2.0
#include "trainer/cuda/program.hpp"

#include <stdexcept>

#include <ATen/cuda/CUDAContext.h>
#include <c10/util/Exception.h>
#include <cuda.h>
#include <dlfcn.h>
#include <fmt/format.h>
#include <nvrtc.h>

namespace graft::trainer::cuda {

namespace {

// The driver's library is on machines with a GPU only, so it is opened and not linked; the CUDA
// runtime has it open by then.
template <class Function>
Function* driver_function(const char* name) {
    static void* const library = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL);
    void* const symbol = library ? ::dlsym(library, name) : nullptr;
    TORCH_CHECK(symbol, "CUDA error: the driver has no '", name, "'");
    return reinterpret_cast<Function*>(symbol);
}

void check(CUresult result, const char* what) {
    if (result != CUDA_SUCCESS) {
        static const auto text =
            driver_function<CUresult(CUresult, const char**)>("cuGetErrorString");
        const char* words = nullptr;
        text(result, &words);
        TORCH_CHECK(false, "CUDA error: ", words ? words : "unknown error", " (", what, ")");
    }
}

void check(nvrtcResult result, nvrtcProgram program) {
    if (result == NVRTC_SUCCESS) {
        return;
    }
    std::size_t size = 0;
    std::string log;
    if (program && nvrtcGetProgramLogSize(program, &size) == NVRTC_SUCCESS) {
        log.resize(size);
        nvrtcGetProgramLog(program, log.data());
    }
    throw std::logic_error(
        fmt::format("a CUDA kernel does not compile: {}\n{}", nvrtcGetErrorString(result), log));
}

std::string machine_code(const char* source, const std::vector<std::string>& options) {
    const auto* device = at::cuda::getCurrentDeviceProperties();
    std::vector<std::string> all{
        fmt::format("--gpu-architecture=sm_{}{}", device->major, device->minor), "--std=c++17"};
    all.insert(all.end(), options.begin(), options.end());
    std::vector<const char*> pointers;
    for (const auto& option : all) {
        pointers.push_back(option.c_str());
    }
    nvrtcProgram program = nullptr;
    check(nvrtcCreateProgram(&program, source, "graft.cu", 0, nullptr, nullptr), program);
    check(nvrtcCompileProgram(program, static_cast<int>(pointers.size()), pointers.data()),
          program);
    std::size_t size = 0;
    check(nvrtcGetCUBINSize(program, &size), program);
    std::string code(size, '\0');
    check(nvrtcGetCUBIN(program, code.data()), program);
    nvrtcDestroyProgram(&program);
    return code;
}

}  // namespace

Program::Program(const char* source, const std::vector<std::string>& options) {
    static const auto load = driver_function<CUresult(CUmodule*, const void*)>("cuModuleLoadData");
    const std::string code = machine_code(source, options);
    CUmodule module = nullptr;
    check(load(&module, code.data()), "loading a kernel");
    module_ = module;
}

Program::~Program() {
    // At the process's end the driver may be gone: it frees modules itself.
}

void Program::launch(const char* kernel, Dimensions grid, Dimensions block,
                     std::vector<const void*> arguments) const {
    static const auto get =
        driver_function<CUresult(CUfunction*, CUmodule, const char*)>("cuModuleGetFunction");
    static const auto launch_kernel =
        driver_function<CUresult(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned,
                                 unsigned, unsigned, CUstream, void**, void**)>("cuLaunchKernel");
    CUfunction function = nullptr;
    check(get(&function, static_cast<CUmodule>(module_), kernel), kernel);
    check(launch_kernel(function, grid[0], grid[1], grid[2], block[0], block[1], block[2], 0,
                        at::cuda::getCurrentCUDAStream(), const_cast<void**>(arguments.data()),
                        nullptr),
          kernel);
}

}  // namespace graft::trainer::cuda
