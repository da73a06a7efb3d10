// SPDX-License-Identifier: Apache-2.0
#include "core/nvml.hpp"

#include <array>
#include <climits>
#include <memory>

#include <dlfcn.h>
#include <fmt/format.h>

namespace graft::core::nvml {

namespace {

// NVML_DEVICE_UUID_V2_BUFFER_SIZE and NVML_DEVICE_NAME_V2_BUFFER_SIZE, the longest of its texts.
constexpr unsigned kText = 96;
constexpr std::size_t kCoreWords = 64;  // 4,096 cores
constexpr std::size_t kBits = sizeof(unsigned long) * CHAR_BIT;

template <class Function>
bool find(void* library, const char* name, Function& function) {
    function = reinterpret_cast<Function>(::dlsym(library, name));
    return function != nullptr;
}

bool find_all(void* library, Functions& nvml) {
    find(library, "nvmlSystemGetDriverVersion", nvml.driver);
    find(library, "nvmlDeviceGetPciInfo_v3", nvml.pci);
    find(library, "nvmlDeviceGetComputeMode", nvml.compute_mode);
    find(library, "nvmlDeviceGetTotalEccErrors", nvml.ecc_errors);
    find(library, "nvmlDeviceGetRetiredPagesPendingStatus", nvml.retirement);
    find(library, "nvmlDeviceGetRemappedRows", nvml.remapped);
    find(library, "nvmlDeviceGetCpuAffinity", nvml.cores);
    find(library, "nvmlDeviceGetMigMode", nvml.mig_mode);
    find(library, "nvmlDeviceGetMaxMigDeviceCount", nvml.most_migs);
    find(library, "nvmlDeviceGetMigDeviceHandleByIndex", nvml.mig_device);
    find(library, "nvmlDeviceGetGpuInstanceId", nvml.gpu_instance);
    find(library, "nvmlDeviceGetComputeInstanceId", nvml.compute_instance);
    return find(library, "nvmlInit_v2", nvml.init) &&
           find(library, "nvmlShutdown", nvml.shutdown) &&
           find(library, "nvmlDeviceGetCount_v2", nvml.count) &&
           find(library, "nvmlDeviceGetHandleByIndex_v2", nvml.device) &&
           find(library, "nvmlDeviceGetUUID", nvml.uuid) &&
           find(library, "nvmlDeviceGetName", nvml.name) &&
           find(library, "nvmlDeviceGetMemoryInfo", nvml.memory);
}

// True when the driver has the function and it succeeded.
template <class Function, class... Arguments>
bool told(Function function, Arguments... arguments) {
    return function && function(arguments...) == kSuccess;
}

std::string fault_of(int code) {
    switch (code) {
        case kGpuIsLost:
            return "it has fallen off the bus";
        case kResetRequired:
            return "it must be reset before it can be used again";
        default:
            return fmt::format("its driver does not answer for it (NVML error {})", code);
    }
}

// UUID, name and memory. A device that does not answer keeps its place, with its fault.
bool identify(const Functions& nvml, Device device, Gpu& gpu) {
    std::array<char, kText> uuid{}, name{};
    Memory memory{};
    int code = nvml.uuid(device, uuid.data(), kText);
    gpu.uuid = code == kSuccess ? uuid.data() : "";
    code = code == kSuccess ? nvml.name(device, name.data(), kText) : code;
    gpu.name = code == kSuccess ? name.data() : "";
    code = code == kSuccess ? nvml.memory(device, &memory) : code;
    gpu.memory_bytes = memory.total;
    gpu.fault = code == kSuccess ? "" : fault_of(code);
    return code == kSuccess;
}

std::vector<std::int32_t> cores_near(const Functions& nvml, Device device) {
    std::array<unsigned long, kCoreWords> words{};
    std::vector<std::int32_t> cores;
    if (told(nvml.cores, device, static_cast<unsigned>(kCoreWords), words.data())) {
        for (std::size_t i = 0; i < kCoreWords * kBits; ++i) {
            if ((words[i / kBits] >> (i % kBits)) & 1) {
                cores.push_back(static_cast<std::int32_t>(i));
            }
        }
    }
    return cores;
}

void ask_health(const Functions& nvml, Device device, Gpu& gpu) {
    unsigned long long errors = 0;
    if (told(nvml.ecc_errors, device, kUncorrected, kVolatile, &errors)) {
        gpu.memory_errors = errors;
    }
    int retirement = 0;
    if (told(nvml.retirement, device, &retirement) && retirement == kYes) {
        gpu.fault = "pages of its memory wait to be retired, which takes a reset";
    }
    unsigned corrected = 0, uncorrected = 0, pending = 0, failed = 0;
    if (told(nvml.remapped, device, &corrected, &uncorrected, &pending, &failed) && failed != 0) {
        gpu.fault = "rows of its memory could not be remapped: it is to be replaced";
    }
}

void ask_place(const Functions& nvml, Device device, Gpu& gpu) {
    Pci pci{};
    if (told(nvml.pci, device, &pci)) {
        pci.bus_id[sizeof pci.bus_id - 1] = '\0';
        gpu.pci = pci.bus_id;
    }
    int mode = 0;
    if (told(nvml.compute_mode, device, &mode) && mode >= 0 &&
        static_cast<std::size_t>(mode) < EnumNames<ComputeMode>::names.size()) {
        gpu.mode = static_cast<ComputeMode>(mode);
    }
    gpu.cores = cores_near(nvml, device);
}

// The MIG devices of a GPU; it answers for what they do not know of themselves.
std::vector<Gpu> mig_devices(const Functions& nvml, Device parent, const Gpu& whole) {
    std::vector<Gpu> gpus;
    unsigned most = 0;
    if (!told(nvml.most_migs, parent, &most)) {
        return gpus;
    }
    for (unsigned i = 0; i < most; ++i) {
        Device device = nullptr;
        unsigned instance = 0, compute = 0;
        if (!told(nvml.mig_device, parent, i, &device)) {
            continue;  // kNotFound, or not ours (NVML_ERROR_NO_PERMISSION)
        }
        Gpu gpu = whole;
        if (!identify(nvml, device, gpu)) {
            continue;
        }
        gpu.fault = whole.fault;
        told(nvml.gpu_instance, device, &instance);
        told(nvml.compute_instance, device, &compute);
        gpu.mig = Mig{whole.uuid, static_cast<int>(instance), static_cast<int>(compute)};
        gpus.push_back(std::move(gpu));
    }
    return gpus;
}

void ask_gpu(const Functions& nvml, unsigned index, std::vector<Gpu>& gpus) {
    Gpu gpu;
    gpu.index = static_cast<int>(index);
    Device device = nullptr;
    if (const int code = nvml.device(index, &device); code != kSuccess) {
        gpu.fault = fault_of(code);
        gpus.push_back(std::move(gpu));
        return;
    }
    const bool answers = identify(nvml, device, gpu);
    ask_place(nvml, device, gpu);
    if (answers) {
        ask_health(nvml, device, gpu);
    }
    unsigned now = 0, later = 0;
    if (told(nvml.mig_mode, device, &now, &later) && now == kMigOn) {
        for (auto& part : mig_devices(nvml, device, gpu)) {
            gpus.push_back(std::move(part));
        }
    } else {
        gpus.push_back(std::move(gpu));
    }
}

Gpus ask_all(const Functions& nvml) {
    Gpus gpus;
    std::array<char, kText> driver{};
    if (told(nvml.driver, driver.data(), kText)) {
        gpus.driver = driver.data();
    }
    unsigned count = 0;
    if (nvml.count(&count) == kSuccess) {
        for (unsigned i = 0; i < count; ++i) {
            ask_gpu(nvml, i, gpus.list);
        }
    }
    return gpus;
}

}  // namespace

Gpus ask() {
    const auto close = [](void* library) { ::dlclose(library); };
    const std::unique_ptr<void, decltype(close)> library(
        ::dlopen("libnvidia-ml.so.1", RTLD_NOW | RTLD_LOCAL), close);
    Functions nvml;
    if (!library || !find_all(library.get(), nvml) || nvml.init() != kSuccess) {
        return {};
    }
    Gpus gpus = ask_all(nvml);
    nvml.shutdown();
    return gpus;
}

}  // namespace graft::core::nvml
