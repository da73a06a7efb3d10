// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/gpu.hpp"

namespace graft::core::nvml {

// The part of NVML's C interface that we call, as nvml.h of CUDA 12.9 declares it; its names stand
// beside ours. A test compares the two where that header is installed. All calls return an
// nvmlReturn_t; enums are passed as int.

constexpr int kSuccess = 0;         // NVML_SUCCESS
constexpr int kNotFound = 6;        // NVML_ERROR_NOT_FOUND: this place for a MIG device is empty
constexpr int kGpuIsLost = 15;      // NVML_ERROR_GPU_IS_LOST
constexpr int kResetRequired = 16;  // NVML_ERROR_RESET_REQUIRED
constexpr unsigned kMigOn = 1;      // NVML_DEVICE_MIG_ENABLE
constexpr int kUncorrected = 1;     // NVML_MEMORY_ERROR_TYPE_UNCORRECTED
constexpr int kVolatile = 0;        // NVML_VOLATILE_ECC: since the driver was loaded
constexpr int kYes = 1;             // NVML_FEATURE_ENABLED

using Device = void*;  // nvmlDevice_t
struct Memory {        // nvmlMemory_t, bytes
    unsigned long long total, free, used;
};
struct Pci {  // nvmlPciInfo_t
    char legacy[16];
    unsigned domain, bus, device, device_id, subsystem_id;
    char bus_id[32];  // "00000000:3B:00.0"
};

struct Functions {
    int (*init)() = nullptr;                     // nvmlInit_v2
    int (*shutdown)() = nullptr;                 // nvmlShutdown
    int (*count)(unsigned*) = nullptr;           // nvmlDeviceGetCount_v2
    int (*device)(unsigned, Device*) = nullptr;  // nvmlDeviceGetHandleByIndex_v2
    int (*uuid)(Device, char*, unsigned) = nullptr;
    int (*name)(Device, char*, unsigned) = nullptr;
    int (*memory)(Device, Memory*) = nullptr;
    // Younger than the ones above, or not for every GPU: null where the driver has none of them.
    int (*driver)(char*, unsigned) = nullptr;     // nvmlSystemGetDriverVersion
    int (*pci)(Device, Pci*) = nullptr;           // nvmlDeviceGetPciInfo_v3
    int (*compute_mode)(Device, int*) = nullptr;  // nvmlDeviceGetComputeMode
    int (*ecc_errors)(Device, int, int, unsigned long long*) = nullptr;  // ...GetTotalEccErrors
    int (*retirement)(Device, int*) = nullptr;  // nvmlDeviceGetRetiredPagesPendingStatus
    // nvmlDeviceGetRemappedRows: corrected, uncorrected, pending, failed
    int (*remapped)(Device, unsigned*, unsigned*, unsigned*, unsigned*) = nullptr;
    int (*cores)(Device, unsigned, unsigned long*) = nullptr;  // nvmlDeviceGetCpuAffinity
    int (*mig_mode)(Device, unsigned*, unsigned*) = nullptr;   // nvmlDeviceGetMigMode
    int (*most_migs)(Device, unsigned*) = nullptr;             // ...GetMaxMigDeviceCount
    int (*mig_device)(Device, unsigned, Device*) = nullptr;    // ...GetMigDeviceHandleByIndex
    int (*gpu_instance)(Device, unsigned*) = nullptr;          // nvmlDeviceGetGpuInstanceId
    int (*compute_instance)(Device, unsigned*) = nullptr;      // ...GetComputeInstanceId
};

// Asks the library of the driver, loaded for as long as this takes; no library, no GPUs.
Gpus ask();

}  // namespace graft::core::nvml
