// SPDX-License-Identifier: Apache-2.0
#include "trainer/device.hpp"

#include <algorithm>

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <fmt/format.h>
#include <torch/version.h>
#include <unistd.h>

#include "core/file.hpp"
#include "core/large_pages.hpp"
#include "core/memory.hpp"
#include "core/text.hpp"

#include "sweep/numerics.hpp"

#include "trainer/cuda.hpp"

namespace graft::trainer {

namespace {

// By which the heap grows, in address space: memory is taken when it is used.
constexpr std::size_t kHeapStep = std::size_t{1} << 31U;

// A value of "/proc/..." files of lines "key: value".
std::string value_of_line(const char* path, std::string_view key) {
    const auto text = core::read_file_if_there(path);
    for (const auto& line : core::split(text.value_or(""), '\n')) {
        const auto colon = line.find(':');
        if (colon != std::string::npos && line.starts_with(key)) {
            const auto start = line.find_first_not_of(" \t", colon + 1);
            return start == std::string::npos ? "" : line.substr(start);
        }
    }
    return "";
}

}  // namespace

c10::Device choose_device() {
    return cuda_requested() ? cuda_device() : c10::Device(c10::kCPU);
}

std::vector<c10::Device> choose_devices(int count) {
    std::vector<c10::Device> devices(static_cast<std::size_t>(count), choose_device());
    if (cuda_requested()) {
        check_gpus(count);
        for (std::size_t i = 0; i < devices.size(); ++i) {
            devices[i].set_index(static_cast<c10::DeviceIndex>(i));
        }
    }
    return devices;
}

void set_up_torch(int threads) {
    // Every step takes and frees the same large tensors: they stay with the process.
    core::prefer_large_pages(kHeapStep);
    at::set_num_interop_threads(1);
    at::set_num_threads(threads);
    auto& context = at::globalContext();
    context.setDeterministicAlgorithms(true, false);
    context.setDeterministicFillUninitializedMemory(false);
    context.setDeterministicCuDNN(true);
    context.setDeterministicMkldnn(true);
    context.setBenchmarkCuDNN(false);
    set_precision(sweep::Precision::float32);
}

void set_precision(sweep::Precision precision) {
    const bool tf32 = precision == sweep::Precision::tf32;
    at::globalContext().setAllowTF32CuBLAS(tf32);
    at::globalContext().setAllowTF32CuDNN(tf32);
}

std::string device_name(c10::Device device) {
    if (!device.is_cpu()) {
        return cuda_name(device);
    }
    const std::string name = value_of_line("/proc/cpuinfo", "model name");
    return name.empty() ? "CPU" : name;
}

// Of the operations of our own (fused_norm, fourier, depthwise, augment_host, optimizer, cuda/):
// raised when the last bits of one change, so that a trial that goes on under another is marked as
// mixed.
constexpr int kOwnKernels = 4;

std::string numerics(c10::Device device, int threads) {
    const std::string kind = device.is_cpu() ? "cpu" : "cuda " + cuda_name(device);
    return sweep::numerics_text(
        kind, threads,
        fmt::format("{}, torch {}{}{}, kernels {}", at::get_cpu_capability(), TORCH_VERSION,
                    at::hasMKLDNN() ? ", oneDNN" : "",
                    device.is_cpu() ? "" : ", " + cuda_versions(), kOwnKernels));
}

namespace {

std::uint64_t free_on_machine() {
    // "123456 kB"
    const auto words = core::split(value_of_line("/proc/meminfo", "MemAvailable"), ' ');
    const auto available = words.empty() ? std::nullopt : core::parse_int(words.front());
    if (available) {
        return static_cast<std::uint64_t>(*available) * 1024;
    }
    return static_cast<std::uint64_t>(::sysconf(_SC_AVPHYS_PAGES)) *
           static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

}  // namespace

std::uint64_t free_host_bytes() {
    // A job's memory is often much less than its machine's.
    const auto machine = free_on_machine();
    return std::min(machine, core::available(core::read_memory()).value_or(machine));
}

std::uint64_t free_device_bytes(c10::Device device) {
    return device.is_cpu() ? 0 : cuda_free_bytes(device);
}

void synchronize(c10::Device device) {
    if (!device.is_cpu()) {
        cuda_synchronize(device);
    }
}

}  // namespace graft::trainer
