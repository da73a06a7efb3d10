// SPDX-License-Identifier: Apache-2.0
#include "sweep/ending.hpp"

#include <array>

#include <fmt/format.h>
#include <string.h>

#include "core/text.hpp"

namespace graft::sweep {

namespace {

std::string signal_text(std::int32_t signal) {
    const char* name = ::sigabbrev_np(signal);
    return name ? fmt::format("signal {}, SIG{}", signal, name) : fmt::format("signal {}", signal);
}

struct Text {
    std::string operator()(const Completed&) const { return "completed"; }
    std::string operator()(const Drained&) const { return "drained"; }
    std::string operator()(const Crashed& e) const {
        return e.signal ? fmt::format("crashed ({})", signal_text(e.signal))
                        : fmt::format("crashed (exit code {})", e.exit_code);
    }
    std::string operator()(const Killed& e) const {
        return fmt::format("killed ({})", signal_text(e.signal));
    }
    std::string operator()(const InputFault& e) const { return e.message; }
    std::string operator()(const DeviceOutOfMemory& e) const {
        return "out of device memory: " + e.message;
    }
    std::string operator()(const DeviceFault& e) const { return "device fault: " + e.message; }
    std::string operator()(const NoSpace& e) const { return "no space: " + e.message; }
    std::string operator()(const RankLost&) const { return "rank lost"; }
    std::string operator()(const CoordinatorLost&) const { return "coordinator lost"; }
    std::string operator()(const Hung& e) const {
        return "hung: no progress for " + core::duration_text(e.seconds);
    }
    std::string operator()(const HostOutOfMemory& e) const {
        return "out of host memory: " + e.message;
    }
    std::string operator()(const DeviceBusy& e) const { return "device busy: " + e.message; }
};

}  // namespace

std::string text_of(const Ending& ending) {
    return std::visit(Text{}, ending);
}

std::string_view kind_of(const Ending& ending) {
    static constexpr std::array<std::string_view, std::variant_size_v<Ending>> kKinds{
        "completed", "drained",        "crashed",    "killed",    "input_fault",
        "no_memory", "device_fault",   "no_space",   "rank_lost", "coordinator_lost",
        "hung",      "no_host_memory", "device_busy"};
    return kKinds[ending.index()];
}

}  // namespace graft::sweep
