// SPDX-License-Identifier: Apache-2.0
#include "sweep/segment.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "graftjnl";
constexpr std::size_t kGroupHeadBytes = sizeof(std::uint32_t) + sizeof(std::uint64_t);

// A group's length at `offset`, if the group is whole and its checksum holds.
std::optional<std::size_t> whole_group(std::string_view bytes, std::size_t offset) {
    if (bytes.size() - offset < kGroupHeadBytes) {
        return std::nullopt;
    }
    const auto length = core::decode<std::uint32_t>(bytes.substr(offset, sizeof(std::uint32_t)));
    const auto sum = core::decode<std::uint64_t>(
        bytes.substr(offset + sizeof(std::uint32_t), sizeof(std::uint64_t)));
    if (bytes.size() - offset - kGroupHeadBytes < length) {
        return std::nullopt;
    }
    const auto payload = bytes.substr(offset + kGroupHeadBytes, length);
    const bool good = core::checksum(payload, length) == sum;
    return good ? std::optional<std::size_t>(length) : std::nullopt;
}

// The length that the group at `offset` claims, where it can be believed: of a torn group any
// sector may be missing (zeros), so a length across two of them may be half there.
std::uint32_t claimed_length(std::string_view bytes, std::size_t offset) {
    constexpr std::size_t sector = 512;
    const bool in_one = offset % sector <= sector - sizeof(std::uint32_t);
    return in_one ? core::decode<std::uint32_t>(bytes.substr(offset, sizeof(std::uint32_t))) : 0;
}

// A number of the encoding, without the checks of core::decode(): asked for millions of times.
template <class T>
T number_at(std::string_view bytes, std::size_t at) {
    T number{};
    std::memcpy(&number, bytes.data() + at, sizeof number);
    return number;
}

// Of a segment; of one whose header is not written, this program's own.
std::uint32_t format_of(std::string_view bytes) {
    const auto format = number_at<std::uint32_t>(bytes, kMagic.size());
    return format == 0 ? kJournalFormat : format;
}

bool begins_with_event(std::string_view events, std::uint32_t format) {
    try {
        Event first;
        core::Decoder{events, format}(first);
        return true;
    } catch (const core::DecodeError&) {
        return false;
    }
}

// Whether what follows the group head at `at` begins as every payload does: at least one event, of
// a known kind, whose first member is a time. To be asked before the checksum: among a million
// places in a torn group many hold a number that could be a length, and summing up what follows
// each of them takes hours.
bool begins_as_group(std::string_view bytes, std::size_t at) {
    constexpr std::int64_t latest = std::int64_t{1} << 53;  // microseconds; in the year 2255
    constexpr std::size_t kind_at = sizeof(std::uint32_t), time_at = kind_at + 1;
    constexpr std::size_t least = time_at + sizeof(std::int64_t);
    const auto rest = bytes.substr(at + kGroupHeadBytes);
    const auto length = number_at<std::uint32_t>(bytes, at);
    if (length < least || length > rest.size()) {
        return false;
    }
    const auto events = number_at<std::uint32_t>(rest, 0);
    const auto time = number_at<std::int64_t>(rest, time_at);
    return events > 0 && events < length && time >= 0 && time < latest &&
           number_at<std::uint8_t>(rest, kind_at) < std::variant_size_v<Event> &&
           begins_with_event(rest.substr(kind_at, length - kind_at), format_of(bytes));
}

// True when something was written after the group at `offset`: then the bad one is damage, not a
// torn end.
bool group_follows(std::string_view bytes, std::size_t offset) {
    if (bytes.size() - offset > kGroupHeadBytes) {
        const auto length = claimed_length(bytes, offset);
        if (length > 0 && length < bytes.size() - offset - kGroupHeadBytes) {
            return true;
        }
    }
    for (std::size_t at = offset + 1; at + kGroupHeadBytes < bytes.size(); ++at) {
        if (begins_as_group(bytes, at) && whole_group(bytes, at)) {
            return true;
        }
    }
    return false;
}

void check_header(const fs::path& file, std::string_view bytes) {
    if (bytes.substr(0, kMagic.size()) != kMagic) {
        fail_damaged(file, 0, "it does not begin as a journal segment");
    }
    const auto format = core::decode<std::uint32_t>(bytes.substr(kMagic.size(), 4));
    if (format == 0 || format > kJournalFormat) {
        core::fail_input(
            "journal segment '{}' has format {} at byte {} (this program knows 1 to {}). "
            "Use the graft that wrote it, or a newer one.",
            file.string(), format, kMagic.size(), kJournalFormat);
    }
}

// The first write of a segment did not reach the disk, or not its beginning: nothing of it was
// acknowledged.
bool never_begun(std::string_view bytes) {
    if (bytes.size() < kHeaderBytes) {
        return true;
    }
    const auto header = bytes.substr(0, kHeaderBytes);
    return header == std::string(kHeaderBytes, '\0') && !group_follows(bytes, 0);
}

// The events of the whole group at `offset`.
std::vector<Event> events_at(const Segment& segment, std::size_t offset, std::size_t length) {
    try {
        return core::decode<std::vector<Event>>(
            std::string_view(segment.bytes).substr(offset + kGroupHeadBytes, length),
            format_of(segment.bytes));
    } catch (const core::DecodeError& error) {
        fail_damaged(segment.file, offset, error.what());
    }
}

// Takes the group at the end of what counts as counting, too.
void accept(Segment& segment, std::size_t length) {
    if (!segment.started) {
        const auto events = events_at(segment, kHeaderBytes, length);
        if (events.empty() || !std::holds_alternative<Started>(events.front())) {
            fail_damaged(segment.file, kHeaderBytes, "its first event is no start");
        }
        segment.started = std::get<Started>(events.front());
    }
    segment.accepted += kGroupHeadBytes + length;
}

// Takes in all groups up to the end of the bytes, or to one that is not whole.
void accept_whole_groups(Segment& segment) {
    while (segment.accepted < segment.bytes.size()) {
        const auto length = whole_group(segment.bytes, segment.accepted);
        if (!length) {
            return;
        }
        accept(segment, *length);
    }
}

// The first event of a segment's file, if its first group is whole.
std::optional<Started> started_of(const core::ReadFile& file) {
    constexpr std::size_t head_bytes = kHeaderBytes + kGroupHeadBytes;
    Segment segment{0, file.path(), std::string(head_bytes, '\0'), kHeaderBytes, std::nullopt};
    file.read_at(0, segment.bytes.data(), head_bytes);
    check_header(file.path(), segment.bytes);
    const auto length = number_at<std::uint32_t>(segment.bytes, kHeaderBytes);
    if (length > file.size() - head_bytes) {
        return std::nullopt;
    }
    segment.bytes.resize(head_bytes + length);
    file.read_at(head_bytes, segment.bytes.data() + head_bytes, length);
    accept_whole_groups(segment);
    return segment.started;
}

}  // namespace

[[noreturn]] void fail_damaged(const fs::path& file, std::uint64_t offset, std::string_view why) {
    core::fail_system(
        "journal segment '{}' is damaged at byte {} ({}). "
        "Restore the file from a backup; the bytes before it are whole.",
        file.string(), offset, why);
}

std::string segment_header() {
    return std::string(kMagic) + core::encode(kJournalFormat);
}

std::string encode_group(const std::vector<Event>& events) {
    const std::string payload = core::encode(events);
    return core::encode(static_cast<std::uint32_t>(payload.size())) +
           core::encode(core::checksum(payload, payload.size())) + payload;
}

Segment read_open_segment(const fs::path& file, std::int64_t number) {
    Segment segment{number, file, core::read_file(file), 0, std::nullopt};
    const std::string_view bytes = segment.bytes;
    if (never_begun(bytes)) {
        return segment;
    }
    check_header(file, bytes);
    segment.accepted = kHeaderBytes;
    accept_whole_groups(segment);
    if (segment.accepted < bytes.size() && group_follows(bytes, segment.accepted)) {
        fail_damaged(file, segment.accepted, "a group's checksum does not hold, and more follows");
    }
    if (!segment.started) {
        segment.accepted = 0;
    }
    return segment;
}

Segment read_sealed_segment(const fs::path& file, const Seal& seal) {
    Segment segment{seal.segment, file, {}, 0, std::nullopt};
    if (seal.accepted_bytes == 0) {
        return segment;
    }
    segment.bytes = core::read_file(file);
    const auto bytes = std::string_view(segment.bytes).substr(0, seal.accepted_bytes);
    const auto fail = [&](std::uint64_t offset) {
        fail_damaged(file, offset, fmt::format("its accepted length is {}", seal.accepted_bytes));
    };
    if (bytes.size() < kHeaderBytes) {
        fail(bytes.size());
    }
    check_header(file, bytes);
    segment.accepted = kHeaderBytes;
    while (segment.accepted < seal.accepted_bytes) {
        const auto length = whole_group(bytes, segment.accepted);
        if (!length) {
            fail(segment.accepted);
        }
        accept(segment, *length);
    }
    return segment;
}

std::optional<Segment> read_segment_after(const fs::path& path, std::int64_t number,
                                          std::uint64_t from, std::string_view start_id,
                                          std::optional<std::uint64_t> accepted) {
    const core::ReadFile file(path);
    const std::uint64_t end = accepted.value_or(file.size());
    if (from < kHeaderBytes + kGroupHeadBytes || end < from || file.size() < end) {
        return std::nullopt;
    }
    Segment segment{number, path, std::string(kHeaderBytes + (end - from), '\0'), kHeaderBytes,
                    started_of(file)};
    if (!segment.started || segment.started->start_id != start_id) {
        return std::nullopt;
    }
    file.read_at(0, segment.bytes.data(), kHeaderBytes);
    file.read_at(from, segment.bytes.data() + kHeaderBytes, end - from);
    accept_whole_groups(segment);
    if (segment.accepted < segment.bytes.size() &&
        (accepted || group_follows(segment.bytes, segment.accepted))) {
        return std::nullopt;
    }
    return segment;
}

void use_events(const Segment& segment, const std::function<void(const Event&)>& use) {
    for (std::size_t at = kHeaderBytes; at < segment.accepted;) {
        const auto length = number_at<std::uint32_t>(segment.bytes, at);
        const auto events = events_at(segment, at, length);
        std::for_each(events.begin(), events.end(), use);
        at += kGroupHeadBytes + length;
    }
}

}  // namespace graft::sweep
