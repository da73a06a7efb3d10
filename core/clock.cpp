// SPDX-License-Identifier: Apache-2.0
#include "core/clock.hpp"

#include <thread>

#include <fmt/chrono.h>

namespace graft::core {

Instant now() {
    return std::chrono::steady_clock::now();
}

WallTime wall_now() {
    using std::chrono::duration_cast;
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return {duration_cast<std::chrono::microseconds>(since).count()};
}

std::string wall_text(WallTime time) {
    return fmt::format("{:%Y-%m-%d %H:%M:%S}",
                       fmt::gmtime(static_cast<std::time_t>(time.micros / 1'000'000)));
}

void sleep_for(Seconds duration) {
    std::this_thread::sleep_for(duration);
}

}  // namespace graft::core
