// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace graft::core {

// Time for decisions (steady) and for the record (wall clock). Decisions get them as arguments;
// only the loops of coordinator, supervisor and trainer read a clock.
using Instant = std::chrono::steady_clock::time_point;
using Seconds = std::chrono::duration<double>;

Instant now();

// Microseconds since 1970-01-01 UTC.
struct WallTime {
    std::int64_t micros = 0;
    auto operator<=>(const WallTime&) const = default;
    template <class Archive>
    void fields(Archive& archive) {
        archive(micros);
    }
};

WallTime wall_now();
inline double seconds_between(WallTime from, WallTime to) {
    return static_cast<double>(to.micros - from.micros) * 1e-6;
}
// "2026-11-24 01:30:05" in UTC.
std::string wall_text(WallTime time);

void sleep_for(Seconds duration);

}  // namespace graft::core
