// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/gpu.hpp"

#include "sweep/record.hpp"

namespace graft::commands {

// What was known of a device before it failed.
struct DeviceFacts {
    core::Gpu gpu;
    std::string driver;  // may be empty
};

using DeviceFactsOf = std::function<std::optional<DeviceFacts>(const sweep::DeviceFailed&)>;

// One line to send to the site's support as it stands: host, device, kind, PCI bus id, driver, time
// (UTC), job and the error, each as far as known.
std::string support_line(const sweep::DeviceFailed& failure,
                         const std::optional<DeviceFacts>& facts, const std::string& job);

// The same with the job of the record; `facts` may be empty: nothing is known.
std::string support_line(const sweep::Record& record, const sweep::DeviceFailed& failure,
                         const DeviceFactsOf& facts);

// Id of the batch job that the sweep ran in at that time; empty: none, or not known.
std::string job_at(const sweep::Record& record, core::WallTime time);

// What the sweep's ranks wrote down of a device at their start (scheduler/node_start.hpp); nothing
// when they did not see it, or the file is gone.
std::optional<DeviceFacts> read_device_facts(const std::filesystem::path& sweep,
                                             const sweep::DeviceFailed& failure);

}  // namespace graft::commands
