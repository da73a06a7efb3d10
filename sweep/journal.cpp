// SPDX-License-Identifier: Apache-2.0
#include "sweep/journal.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "graftjnl";
constexpr std::size_t kHeaderBytes = 8 + sizeof(std::uint32_t);
constexpr std::size_t kGroupHeadBytes = sizeof(std::uint32_t) + sizeof(std::uint64_t);

std::string segment_header() {
    return std::string(kMagic) + core::encode(kJournalFormat);
}

std::string encode_group(const std::vector<Event>& events) {
    const std::string payload = core::encode(events);
    return core::encode(static_cast<std::uint32_t>(payload.size())) +
           core::encode(core::checksum(payload, payload.size())) + payload;
}

fs::path segment_path(const fs::path& sweep, std::int64_t number) {
    return journal_directory(sweep) / fmt::format("{:06}", number);
}

// A segment in memory, with the events of its good groups and where each group ends.
struct Segment {
    std::int64_t number = 0;
    std::vector<Event> events;
    std::vector<std::pair<std::uint64_t, std::size_t>> ends;  // byte offset, events so far
    std::uint64_t file_bytes = 0;
    std::optional<std::uint64_t> bad_at;  // offset of the first group that does not hold

    std::uint64_t good_bytes() const { return ends.empty() ? 0 : ends.back().first; }
};

[[noreturn]] void fail_damaged(const fs::path& file, std::uint64_t offset, std::string_view why) {
    core::fail_system(
        "journal segment '{}' is damaged at byte {} ({}). "
        "Restore the file from a backup; the bytes before it are whole.",
        file.string(), offset, why);
}

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

// True when something was written after the group at `offset`: then the bad one is damage, not a
// torn end. Of a torn group pages may be missing (zeros), so its length counts when it is none.
bool group_follows(std::string_view bytes, std::size_t offset) {
    if (bytes.size() - offset > kGroupHeadBytes) {
        const auto length =
            core::decode<std::uint32_t>(bytes.substr(offset, sizeof(std::uint32_t)));
        if (length > 0 && length < bytes.size() - offset - kGroupHeadBytes) {
            return true;
        }
    }
    for (std::size_t at = offset + 1; at + kGroupHeadBytes < bytes.size(); ++at) {
        const auto length = core::decode<std::uint32_t>(bytes.substr(at, sizeof(std::uint32_t)));
        if (length > 0 && length <= bytes.size() - at - kGroupHeadBytes && whole_group(bytes, at)) {
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
            "journal segment '{}' has format {} (this program knows 1 to {}). "
            "Use the graft that wrote it, or a newer one.",
            file.string(), format, kJournalFormat);
    }
}

Segment read_segment(const fs::path& sweep, std::int64_t number) {
    const fs::path file = segment_path(sweep, number);
    const std::string bytes = core::read_file(file);
    Segment segment;
    segment.number = number;
    segment.file_bytes = bytes.size();
    if (bytes.size() < kHeaderBytes) {
        return segment;  // its writer died before the first sync
    }
    check_header(file, bytes);
    std::size_t offset = kHeaderBytes;
    while (offset < bytes.size()) {
        const auto length = whole_group(bytes, offset);
        if (!length) {
            segment.bad_at = offset;
            if (group_follows(bytes, offset)) {
                fail_damaged(file, offset,
                             "a group's checksum does not hold, and more "
                             "follows");
            }
            break;
        }
        const auto payload = std::string_view(bytes).substr(offset + kGroupHeadBytes, *length);
        try {
            auto events = core::decode<std::vector<Event>>(payload);
            std::move(events.begin(), events.end(), std::back_inserter(segment.events));
        } catch (const core::DecodeError& error) {
            fail_damaged(file, offset, error.what());
        }
        offset += kGroupHeadBytes + *length;
        segment.ends.emplace_back(offset, segment.events.size());
    }
    return segment;
}

std::vector<std::int64_t> segment_numbers(const fs::path& sweep) {
    std::vector<std::int64_t> numbers;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(journal_directory(sweep), error)) {
        if (const auto number = core::parse_int(entry.path().filename().string());
            number && *number > 0) {
            numbers.push_back(*number);
        }
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        core::fail_input("cannot list '{}' ({}). Check the path and its permissions.",
                         journal_directory(sweep).string(), error.message());
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

// The accepted length of every segment but the newest, as the newest sealing segment has it.
std::map<std::int64_t, std::uint64_t> accepted_lengths(const std::vector<Segment>& segments) {
    std::map<std::int64_t, std::uint64_t> accepted;
    for (const auto& segment : segments) {
        if (segment.events.empty()) {
            continue;
        }
        for (const auto& seal : std::get<Started>(segment.events.front()).seals) {
            accepted.try_emplace(seal.segment, seal.accepted_bytes);
        }
    }
    return accepted;
}

std::size_t events_within(const fs::path& sweep, const Segment& segment, std::uint64_t bytes) {
    if (bytes == 0) {
        return 0;
    }
    for (const auto& [end, count] : segment.ends) {
        if (end == bytes) {
            return count;
        }
    }
    fail_damaged(segment_path(sweep, segment.number), segment.bad_at.value_or(segment.file_bytes),
                 fmt::format("its accepted length is {}", bytes));
}

struct Journal {
    std::vector<Segment> segments;
    std::map<std::int64_t, std::uint64_t> accepted;

    std::uint64_t accepted_bytes(const Segment& segment) const {
        const auto found = accepted.find(segment.number);
        return found == accepted.end() ? segment.good_bytes() : found->second;
    }
};

Journal read_all(const fs::path& sweep) {
    Journal journal;
    for (const auto number : segment_numbers(sweep)) {
        journal.segments.push_back(read_segment(sweep, number));
        const auto& events = journal.segments.back().events;
        if (!events.empty() && !std::holds_alternative<Started>(events.front())) {
            fail_damaged(segment_path(sweep, number), kHeaderBytes, "its first event is no start");
        }
    }
    journal.accepted = accepted_lengths(journal.segments);
    return journal;
}

void use_events(const fs::path& sweep, const Journal& journal,
                const std::function<void(const Event&)>& use) {
    for (const auto& segment : journal.segments) {
        const auto count = events_within(sweep, segment, journal.accepted_bytes(segment));
        std::for_each_n(segment.events.begin(), count, use);
    }
}

}  // namespace

fs::path journal_directory(const fs::path& sweep) {
    return sweep / "journal";
}

std::int64_t highest_segment(const fs::path& sweep) {
    const auto numbers = segment_numbers(sweep);
    return numbers.empty() ? 0 : numbers.back();
}

JournalEnd read_journal(const fs::path& sweep, const std::function<void(const Event&)>& use) {
    const Journal journal = read_all(sweep);
    use_events(sweep, journal, use);
    if (journal.segments.empty()) {
        return {};
    }
    const auto& last = journal.segments.back();
    return {last.number, journal.accepted_bytes(last)};
}

std::optional<JournalWriter> JournalWriter::start(const fs::path& sweep, Started started,
                                                  const std::function<void(const Event&)>& use) {
    core::create_directories(journal_directory(sweep));
    const std::int64_t number = highest_segment(sweep) + 1;
    // The file comes first: an older writer that still runs sees it and stops, so the lengths read
    // afterwards are final but for bytes that the seal makes void.
    auto file = core::AppendFile::create(segment_path(sweep, number));
    if (!file) {
        return std::nullopt;
    }
    Journal journal = read_all(sweep);
    std::erase_if(journal.segments, [&](const Segment& s) { return s.number >= number; });
    use_events(sweep, journal, use);
    started.seals.clear();
    for (const auto& segment : journal.segments) {
        started.seals.push_back({segment.number, journal.accepted_bytes(segment)});
    }
    file->append_and_sync(segment_header() + encode_group({started}));
    use(started);
    JournalWriter writer(sweep, std::move(*file), number);
    if (writer.superseded()) {
        return std::nullopt;
    }
    return writer;
}

bool JournalWriter::superseded() const {
    return highest_segment(sweep_) > segment_;
}

bool JournalWriter::append(const std::vector<Event>& events) {
    if (superseded()) {
        return false;
    }
    file_.append_and_sync(encode_group(events));
    return !superseded();
}

}  // namespace graft::sweep
