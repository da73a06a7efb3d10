// SPDX-License-Identifier: Apache-2.0
// Devices as text: of tests, and of a node as a run found it.
#include "core/error.hpp"
#include "core/gpu.hpp"
#include "core/text.hpp"

namespace graft::core {

namespace {

constexpr std::string_view kDriver = "driver=";
constexpr std::int64_t kMostCores = 1 << 16;

// "0-3,8"
std::optional<std::vector<std::int32_t>> parse_ranges(const std::string& text) {
    std::vector<std::int32_t> cores;
    for (const auto& part : split(text, ',')) {
        const auto dash = part.find('-');
        const auto first = parse_int(part.substr(0, dash));
        const auto last = dash == std::string::npos ? first : parse_int(part.substr(dash + 1));
        if (!first || !last || *first < 0 || *last >= kMostCores) {
            return std::nullopt;
        }
        for (auto core = *first; core <= *last; ++core) {
            cores.push_back(static_cast<std::int32_t>(core));
        }
    }
    return cores;
}

std::optional<Mig> parse_mig(const std::string& text) {
    const auto parts = split(text, '/');
    const auto instance = parts.size() == 3 ? parse_int(parts[1]) : std::nullopt;
    const auto compute = parts.size() == 3 ? parse_int(parts[2]) : std::nullopt;
    return instance && compute ? std::optional(Mig{parts[0], static_cast<int>(*instance),
                                                   static_cast<int>(*compute)})
                               : std::nullopt;
}

// False when the value, or the key, is none.
bool set(Gpu& gpu, std::string_view key, const std::string& value) {
    if (key == "pci" || key == "fault") {
        (key == "pci" ? gpu.pci : gpu.fault) = value;
        return true;
    }
    if (key == "mode") {
        const auto mode = value_of<ComputeMode>(value);
        gpu.mode = mode.value_or(ComputeMode::shared);
        return mode.has_value();
    }
    if (key == "cores") {
        const auto cores = parse_ranges(value);
        gpu.cores = cores.value_or(std::vector<std::int32_t>{});
        return cores.has_value();
    }
    if (key == "mig") {
        gpu.mig = parse_mig(value);
        return gpu.mig.has_value();
    }
    const auto number = parse_int(value);
    if (key == "errors" && number && *number >= 0) {
        gpu.memory_errors = static_cast<std::uint64_t>(*number);
        return true;
    }
    if (key == "index" && number) {
        gpu.index = static_cast<int>(*number);
        return true;
    }
    return false;
}

std::optional<Gpu> parse_line(const std::string& line, int index) {
    const auto parts = split(line, ';');
    const auto bytes = parts.size() >= 3 ? parse_int(parts[2]) : std::nullopt;
    if (!bytes || *bytes < 0) {
        return std::nullopt;
    }
    Gpu gpu;
    gpu.index = index;
    gpu.uuid = parts[0];
    gpu.name = parts[1];
    gpu.memory_bytes = static_cast<std::uint64_t>(*bytes);
    for (std::size_t i = 3; i < parts.size(); ++i) {
        const auto equals = parts[i].find('=');
        if (equals == std::string::npos ||
            !set(gpu, std::string_view(parts[i]).substr(0, equals), parts[i].substr(equals + 1))) {
            return std::nullopt;
        }
    }
    return gpu;
}

// A ';' or a line's end within a text would begin something else.
std::string cell(const std::string& text) {
    std::string clean = printable(text, 300);
    for (char& c : clean) {
        c = c == ';' ? ',' : c;
    }
    return clean;
}

}  // namespace

Gpus parse_devices(std::string_view text) {
    Gpus gpus;
    for (const auto& line : split(text, '\n')) {
        if (line.starts_with(kDriver)) {
            gpus.driver = line.substr(kDriver.size());
        } else if (!line.empty()) {
            auto gpu = parse_line(line, static_cast<int>(gpus.list.size()));
            if (!gpu) {
                fail_input(
                    "the line '{}' names no device (expected uuid;name;bytes, then pci=, mode=, "
                    "cores=, errors=, fault=, index= or mig=). Mend the file that GRAFT_DEVICES "
                    "names.",
                    printable(line, 300));
            }
            gpus.list.push_back(std::move(*gpu));
        }
    }
    return gpus;
}

std::string ranges_text(const std::vector<std::int32_t>& cores) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < cores.size();) {
        std::size_t last = i;
        while (last + 1 < cores.size() && cores[last + 1] == cores[last] + 1) {
            ++last;
        }
        parts.push_back(last == i ? fmt::format("{}", cores[i])
                                  : fmt::format("{}-{}", cores[i], cores[last]));
        i = last + 1;
    }
    return join(parts, ",");
}

std::string devices_table(const Gpus& gpus) {
    std::string text = gpus.driver.empty() ? "" : fmt::format("{}{}\n", kDriver, gpus.driver);
    for (const auto& gpu : gpus.list) {
        text += fmt::format("{};{};{};index={};mode={}", cell(gpu.uuid), cell(gpu.name),
                            gpu.memory_bytes, gpu.index, name_of(gpu.mode));
        text += gpu.pci.empty() ? "" : ";pci=" + cell(gpu.pci);
        text += gpu.cores.empty() ? "" : ";cores=" + ranges_text(gpu.cores);
        text += gpu.memory_errors == 0 ? "" : fmt::format(";errors={}", gpu.memory_errors);
        text += gpu.fault.empty() ? "" : ";fault=" + cell(gpu.fault);
        text += gpu.mig ? fmt::format(";mig={}/{}/{}", cell(gpu.mig->gpu), gpu.mig->instance,
                                      gpu.mig->compute)
                        : "";
        text += '\n';
    }
    return text;
}

}  // namespace graft::core
