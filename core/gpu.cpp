// SPDX-License-Identifier: Apache-2.0
#include "core/gpu.hpp"

#include <memory>

#include <dlfcn.h>

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace graft::core {

namespace {

// The part of NVML's C interface that we call (nvml.h of CUDA 12; stable since 2013).
struct NvmlMemory {
    unsigned long long total, free, used;
};
using NvmlDevice = void*;
struct Nvml {
    int (*init)();
    int (*shutdown)();
    int (*count)(unsigned*);
    int (*device)(unsigned, NvmlDevice*);
    int (*uuid)(NvmlDevice, char*, unsigned);
    int (*name)(NvmlDevice, char*, unsigned);
    int (*memory)(NvmlDevice, NvmlMemory*);
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

std::vector<Gpu> ask(const Nvml& nvml) {
    std::vector<Gpu> gpus;
    unsigned count = 0;
    if (nvml.count(&count) != 0) {
        return gpus;
    }
    for (unsigned i = 0; i < count; ++i) {
        NvmlDevice device = nullptr;
        char uuid[96] = {}, name[96] = {};
        NvmlMemory memory{};
        // A GPU that does not answer is fallen off the bus: it can take no work.
        if (nvml.device(i, &device) == 0 && nvml.uuid(device, uuid, sizeof uuid) == 0 &&
            nvml.name(device, name, sizeof name) == 0 && nvml.memory(device, &memory) == 0) {
            gpus.push_back({static_cast<int>(i), uuid, name, memory.total});
        }
    }
    return gpus;
}

std::vector<Gpu> from_nvml() {
    const auto close = [](void* library) { ::dlclose(library); };
    const std::unique_ptr<void, decltype(close)> library(
        ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL), close);
    Nvml nvml{};
    if (!library || !find(library.get(), "nvmlInit_v2", nvml.init) ||
        !find(library.get(), "nvmlShutdown", nvml.shutdown) ||
        !find(library.get(), "nvmlDeviceGetCount_v2", nvml.count) ||
        !find(library.get(), "nvmlDeviceGetHandleByIndex_v2", nvml.device) ||
        !find(library.get(), "nvmlDeviceGetUUID", nvml.uuid) ||
        !find(library.get(), "nvmlDeviceGetName", nvml.name) ||
        !find(library.get(), "nvmlDeviceGetMemoryInfo", nvml.memory) || nvml.init() != 0) {
        return {};
    }
    auto gpus = ask(nvml);
    nvml.shutdown();
    return gpus;
}

const Gpu* named(const std::vector<Gpu>& all, const std::string& name) {
    const auto index = parse_int(name);
    for (const auto& gpu : all) {
        if (index ? gpu.index == *index : !name.empty() && gpu.uuid.rfind(name, 0) == 0) {
            return &gpu;
        }
    }
    return nullptr;
}

}  // namespace

std::vector<Gpu> parse_devices(std::string_view text) {
    std::vector<Gpu> gpus;
    for (const auto& line : split(text, '\n')) {
        if (line.empty()) {
            continue;
        }
        const auto parts = split(line, ';');
        const auto bytes = parts.size() == 3 ? parse_int(parts[2]) : std::nullopt;
        if (!bytes || *bytes < 0) {
            fail_input(
                "the line '{}' names no device (expected uuid;name;bytes). Mend the file "
                "that GRAFT_DEVICES names.",
                line);
        }
        gpus.push_back({static_cast<int>(gpus.size()), parts[0], parts[1],
                        static_cast<std::uint64_t>(*bytes)});
    }
    return gpus;
}

std::vector<Gpu> select_visible(const std::vector<Gpu>& all,
                                const std::optional<std::string>& cuda_visible_devices) {
    if (!cuda_visible_devices) {
        return all;
    }
    std::vector<Gpu> gpus;
    for (const auto& name : split(*cuda_visible_devices, ',')) {
        const Gpu* gpu = named(all, name);
        if (!gpu) {
            break;
        }
        gpus.push_back(*gpu);
    }
    return gpus;
}

std::vector<Gpu> all_gpus() {
    const auto pretended = env("GRAFT_DEVICES");
    return pretended ? parse_devices(read_file(*pretended)) : from_nvml();
}

std::vector<Gpu> visible_gpus() {
    return select_visible(all_gpus(), env("CUDA_VISIBLE_DEVICES"));
}

}  // namespace graft::core
