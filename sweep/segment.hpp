// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sweep/event.hpp"

namespace graft::sweep {

// What a segment begins with: magic and format.
constexpr std::size_t kHeaderBytes = 8 + sizeof(std::uint32_t);

// One segment of the journal (its layout: journal.hpp) in memory: its bytes, and how many of them
// count. Its events are decoded while they are used: a million of them take gigabytes.
struct Segment {
    std::int64_t number = 0;
    std::filesystem::path file;
    std::string bytes;
    std::uint64_t accepted = 0;      // 0: nothing of it counts
    std::optional<Started> started;  // its first event; none when nothing counts
};

// A segment that no later one seals: all its groups count but a torn last one. Throws SystemError
// when a group before another one is damaged, InputError for a format that is not known.
Segment read_open_segment(const std::filesystem::path& file, std::int64_t number);
// A sealed segment: exactly its accepted bytes count, and whatever follows them is void. Throws
// SystemError when they are not all there.
Segment read_sealed_segment(const std::filesystem::path& file, const Seal& seal);
// Of the segment that began with the start `start_id`, what counts after its first `from` bytes, as
// a segment without them; `accepted`: its sealed length, none when nobody sealed it. Nothing when
// another start made it, when less than `from` counts, or when something is wrong with it: reading
// the whole journal says what. Throws as core::ReadFile.
std::optional<Segment> read_segment_after(const std::filesystem::path& file, std::int64_t number,
                                          std::uint64_t from, std::string_view start_id,
                                          std::optional<std::uint64_t> accepted);
// All events that count, in order. Throws SystemError for a group that holds no events.
void use_events(const Segment& segment, const std::function<void(const Event&)>& use);

// What every segment begins with, and a group as it is written.
std::string segment_header();
std::string encode_group(const std::vector<Event>& events);

[[noreturn]] void fail_damaged(const std::filesystem::path& file, std::uint64_t offset,
                               std::string_view why);

}  // namespace graft::sweep
