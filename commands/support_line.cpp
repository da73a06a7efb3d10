// SPDX-License-Identifier: Apache-2.0
#include "commands/support_line.hpp"

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/text.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kReason = 300;  // characters

std::string shown(const std::string& text) {
    return core::printable(text, kReason);
}

}  // namespace

std::string support_line(const sweep::DeviceFailed& failure,
                         const std::optional<DeviceFacts>& facts, const std::string& job) {
    std::vector<std::string> parts{"host " + shown(failure.host), "GPU " + shown(failure.device)};
    const auto add = [&](std::string_view name, const std::string& text) {
        if (!text.empty()) {
            parts.push_back(fmt::format("{} {}", name, shown(text)));
        }
    };
    if (facts) {
        add("kind", facts->gpu.name);
        add("PCI", facts->gpu.pci);
        add("part of", facts->gpu.mig ? facts->gpu.mig->gpu : "");
        add("driver", facts->driver);
    }
    add("job", job);
    parts.push_back(core::wall_text(failure.time) + " UTC");
    return core::join(parts) + ": " + shown(failure.reason);
}

std::string support_line(const sweep::Record& record, const sweep::DeviceFailed& failure,
                         const DeviceFactsOf& facts) {
    return support_line(failure, facts ? facts(failure) : std::nullopt,
                        job_at(record, failure.time));
}

std::string job_at(const sweep::Record& record, core::WallTime time) {
    std::string job;
    for (const auto& start : record.starts()) {
        if (start.started.time <= time) {
            job = start.started.job;
        }
    }
    return job;
}

std::optional<DeviceFacts> read_device_facts(const fs::path& sweep,
                                             const sweep::DeviceFailed& failure) {
    std::error_code error;
    const auto begin = "devices-" + failure.host + ".";
    for (fs::directory_iterator entry(sweep / "logs", error), end; !error && entry != end;
         entry.increment(error)) {
        if (!entry->path().filename().string().starts_with(begin)) {
            continue;
        }
        try {
            auto gpus = core::parse_devices(core::read_file(entry->path()));
            for (auto& gpu : gpus.list) {
                if (gpu.uuid == failure.device) {
                    return DeviceFacts{std::move(gpu), gpus.driver};
                }
            }
        } catch (const core::Error&) {
            continue;  // damaged, or gone meanwhile: the line does without
        }
    }
    return std::nullopt;
}

}  // namespace graft::commands
