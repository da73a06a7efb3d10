// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/enum_table.hpp"

namespace graft::core {

// What a GPU allows, in NVML's order (nvmlComputeMode_t).
enum class ComputeMode : std::uint8_t { shared, exclusive_thread, prohibited, exclusive_process };
template <>
struct EnumNames<ComputeMode> {
    // As `nvidia-smi --query-gpu=compute_mode` calls them.
    static constexpr std::array<std::string_view, 4> names{"default", "exclusive_thread",
                                                           "prohibited", "exclusive_process"};
};

// The place of a MIG device.
struct Mig {
    std::string gpu;                // UUID of the GPU that it is a part of
    int instance = 0, compute = 0;  // numbers of its GPU instance and its compute instance
    bool operator==(const Mig&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(gpu, instance, compute);
    }
};

// A device that can train, as NVML names it: a GPU, or a MIG device of one. A GPU in MIG mode is
// none itself.
struct Gpu {
    int index = 0;     // of the GPU, in PCI order
    std::string uuid;  // "GPU-8f6d…", "MIG-…"; empty when it has fallen off the bus
    std::string name;  // "NVIDIA H200", "NVIDIA A100-SXM4-40GB MIG 1g.5gb"
    std::uint64_t memory_bytes = 0;
    std::string pci;  // bus id, "00000000:3B:00.0"; empty: not known
    ComputeMode mode = ComputeMode::shared;
    std::vector<std::int32_t> cores;  // near it (of its socket); empty: not known
    std::uint64_t memory_errors = 0;  // uncorrected ones since the driver was loaded
    std::string fault;                // what is wrong with it by its driver; empty: nothing
    std::optional<Mig> mig;
    bool operator==(const Gpu&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(index, uuid, name, memory_bytes, pci, mode, cores, memory_errors, fault, mig);
    }
};

struct Gpus {
    std::string driver;  // "535.161.08"; empty: not known
    std::vector<Gpu> list;
};

// The devices of this machine, asked of NVML, which is loaded when it is there; no NVML, no GPUs.
// For tests the file that GRAFT_DEVICES names stands in its place (parse_devices).
Gpus all_gpus();
// Those of them that CUDA_VISIBLE_DEVICES leaves to this process.
std::vector<Gpu> visible_gpus();

// "GPU-8f6d… (NVIDIA H200, 00000000:3B:00.0)", as far as known.
std::string text_of(const Gpu& gpu);
// Why nothing may be trained there, in words; empty: it can be used.
std::string why_unusable(const Gpu& gpu);

// CUDA's rule (CUDA Programming Guide, "CUDA environment variables"): indexes or beginnings of
// UUIDs, separated by commas; what follows the first one that names no device, several, or is of
// another kind than the first one, counts no more. Nothing given: all; an empty text: none. A MIG
// device has a UUID of its own or, by older drivers, the name MIG-<UUID of the GPU>/<instance>/
// <compute instance>. The name of a GPU in MIG mode stands for all its MIG devices: CUDA would take
// the first one, as it uses one in a process; we give each trainer one. Throws InputError when a
// device is named twice: then CUDA shows none.
std::vector<Gpu> select_visible(const std::vector<Gpu>& all,
                                const std::optional<std::string>& cuda_visible_devices);

// A line "driver=VERSION" where wanted, and a line "uuid;name;bytes" per device, on which may
// follow, each after a ';': pci=ID, mode=NAME, cores=0-3,8, errors=N, fault=TEXT, index=N,
// mig=GPU-UUID/INSTANCE/COMPUTE. Without an index devices are numbered from 0. Throws InputError
// naming the line that does not fit.
Gpus parse_devices(std::string_view text);
// What parse_devices() reads back.
std::string devices_table(const Gpus& gpus);

// "0-3,8": cores in ascending order.
std::string ranges_text(const std::vector<std::int32_t>& cores);

}  // namespace graft::core
