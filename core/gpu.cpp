// SPDX-License-Identifier: Apache-2.0
#include "core/gpu.hpp"

#include <algorithm>

#include "core/env.hpp"
#include "core/error.hpp"
#include "core/file.hpp"
#include "core/nvml.hpp"
#include "core/text.hpp"

namespace graft::core {

namespace {

using Found = std::vector<const Gpu*>;

// What the devices of a list are named by; the first one decides.
enum class Naming { index, gpu, mig };

std::optional<Naming> naming_of(const std::string& name) {
    return name.starts_with("GPU-")   ? std::optional(Naming::gpu)
           : name.starts_with("MIG-") ? std::optional(Naming::mig)
           : parse_int(name)          ? std::optional(Naming::index)
                                      : std::nullopt;
}

const std::string& gpu_uuid(const Gpu& gpu) {
    return gpu.mig ? gpu.mig->gpu : gpu.uuid;
}

// The old name of a MIG device: "MIG-GPU-8f6d…/1/0".
bool has_old_name(const Gpu& gpu, const std::string& name) {
    return gpu.mig &&
           name == fmt::format("MIG-{}/{}/{}", gpu.mig->gpu, gpu.mig->instance, gpu.mig->compute);
}

// All devices of the one GPU, or the one MIG device, that the name stands for; none when it stands
// for several.
Found named(const std::vector<Gpu>& all, Naming naming, const std::string& name) {
    Found found;
    const auto index = parse_int(name);
    for (const auto& gpu : all) {
        const bool is = naming == Naming::index ? index && gpu.index == *index
                        : naming == Naming::gpu
                            ? gpu_uuid(gpu).starts_with(name)
                            : gpu.mig && (gpu.uuid.starts_with(name) || has_old_name(gpu, name));
        if (is) {
            found.push_back(&gpu);
        }
    }
    const bool several =
        !found.empty() && std::any_of(found.begin(), found.end(), [&](const Gpu* gpu) {
            return naming == Naming::mig ? gpu != found.front()
                                         : gpu_uuid(*gpu) != gpu_uuid(*found.front());
        });
    return several ? Found{} : found;
}

std::string trimmed(const std::string& text) {
    const auto first = text.find_first_not_of(' ');
    return first == std::string::npos ? ""
                                      : text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::vector<Gpu> select_visible(const std::vector<Gpu>& all,
                                const std::optional<std::string>& cuda_visible_devices) {
    if (!cuda_visible_devices) {
        return all;
    }
    std::vector<Gpu> gpus;
    std::optional<Naming> naming;
    for (const auto& part : split(*cuda_visible_devices, ',')) {
        const std::string name = trimmed(part);
        const auto its = naming_of(name);
        naming = naming ? naming : its;
        const auto found = its && its == naming ? named(all, *its, name) : Found{};
        if (found.empty()) {
            break;
        }
        for (const Gpu* gpu : found) {
            if (std::find(gpus.begin(), gpus.end(), *gpu) != gpus.end()) {
                fail_input(
                    "CUDA_VISIBLE_DEVICES '{}' names {} twice (CUDA then shows no device at "
                    "all). Name each one once.",
                    *cuda_visible_devices, text_of(*gpu));
            }
            gpus.push_back(*gpu);
        }
    }
    return gpus;
}

Gpus all_gpus() {
    const auto pretended = env("GRAFT_DEVICES");
    return pretended ? parse_devices(read_file(*pretended)) : nvml::ask();
}

std::vector<Gpu> visible_gpus() {
    return select_visible(all_gpus().list, env("CUDA_VISIBLE_DEVICES"));
}

std::string text_of(const Gpu& gpu) {
    std::vector<std::string> known;
    for (const auto& text : {gpu.name, gpu.pci}) {
        if (!text.empty()) {
            known.push_back(text);
        }
    }
    const auto name = gpu.uuid.empty() ? fmt::format("GPU {}", gpu.index) : gpu.uuid;
    return known.empty() ? name : fmt::format("{} ({})", name, join(known));
}

std::string why_unusable(const Gpu& gpu) {
    if (!gpu.fault.empty()) {
        return gpu.fault;
    }
    if (gpu.memory_errors > 0) {
        return fmt::format("{} of its memory since its driver was loaded",
                           counted(gpu.memory_errors, "uncorrectable error"));
    }
    return gpu.mode == ComputeMode::prohibited
               ? "its compute mode is 'prohibited': no program may compute on it"
               : "";
}

}  // namespace graft::core
