// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace graft::core {

// A GPU as NVML names it.
struct Gpu {
    int index = 0;     // in PCI order
    std::string uuid;  // "GPU-8f6d…"
    std::string name;  // "NVIDIA H200"
    std::uint64_t memory_bytes = 0;
};

// The GPUs of this machine, asked of NVML, which is loaded when it is there; no NVML, no GPUs. For
// tests the file that GRAFT_DEVICES names stands in its place: a line "uuid;name;bytes" per GPU.
std::vector<Gpu> all_gpus();
// Those of them that CUDA_VISIBLE_DEVICES leaves to this process.
std::vector<Gpu> visible_gpus();

// CUDA's rule: indexes, or beginnings of UUIDs, separated by commas; what follows the first one
// that names no GPU counts no more. Nothing given: all; an empty text: none.
std::vector<Gpu> select_visible(const std::vector<Gpu>& all,
                                const std::optional<std::string>& cuda_visible_devices);
// Throws InputError naming the line that does not fit.
std::vector<Gpu> parse_devices(std::string_view text);

}  // namespace graft::core
