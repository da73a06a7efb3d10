// SPDX-License-Identifier: Apache-2.0
#include "sweep/journal.hpp"

#include <algorithm>
#include <cstring>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

namespace graft::sweep {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kMagic = "graftjnl";
constexpr std::size_t kHeaderBytes = 8 + sizeof(std::uint32_t);
constexpr std::size_t kGroupHeadBytes = sizeof(std::uint32_t) + sizeof(std::uint64_t);

// More starts than any sweep has.
constexpr std::int64_t kLastSegment = 999'999'999;

std::string segment_header() {
    return std::string(kMagic) + core::encode(kJournalFormat);
}

std::string encode_group(const std::vector<Event>& events) {
    const std::string payload = core::encode(events);
    return core::encode(static_cast<std::uint32_t>(payload.size())) +
           core::encode(core::checksum(payload, payload.size())) + payload;
}

std::string name_of_segment(std::int64_t number) {
    return fmt::format("{:06}", number);
}

fs::path segment_path(const fs::path& sweep, std::int64_t number) {
    return journal_directory(sweep) / name_of_segment(number);
}

// A segment in memory: the events that count, and how many bytes hold them.
struct Segment {
    std::int64_t number = 0;
    std::vector<Event> events;
    std::uint64_t bytes = 0;
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

bool begins_with_event(std::string_view events) {
    try {
        Event first;
        core::Decoder{events}(first);
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
           begins_with_event(rest.substr(kind_at, length - kind_at));
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

void add_events(const fs::path& file, std::string_view bytes, std::size_t length,
                Segment& segment) {
    try {
        auto events =
            core::decode<std::vector<Event>>(bytes.substr(segment.bytes + kGroupHeadBytes, length));
        std::move(events.begin(), events.end(), std::back_inserter(segment.events));
    } catch (const core::DecodeError& error) {
        fail_damaged(file, segment.bytes, error.what());
    }
    segment.bytes += kGroupHeadBytes + length;
    if (segment.events.empty() || !std::holds_alternative<Started>(segment.events.front())) {
        fail_damaged(file, kHeaderBytes, "its first event is no start");
    }
}

// A segment that no later one seals: all its groups count but a torn last one.
Segment read_open_segment(const fs::path& file, std::int64_t number) {
    const std::string bytes = core::read_file(file);
    Segment segment{number, {}, 0};
    if (never_begun(bytes)) {
        return segment;
    }
    check_header(file, bytes);
    segment.bytes = kHeaderBytes;
    while (segment.bytes < bytes.size()) {
        const auto length = whole_group(bytes, segment.bytes);
        if (!length) {
            if (group_follows(bytes, segment.bytes)) {
                fail_damaged(file, segment.bytes,
                             "a group's checksum does not hold, and more follows");
            }
            break;
        }
        add_events(file, bytes, *length, segment);
    }
    if (segment.events.empty()) {
        segment.bytes = 0;
    }
    return segment;
}

// A sealed segment: exactly its accepted bytes count, and whatever follows them is void.
Segment read_sealed_segment(const fs::path& file, const Seal& seal) {
    Segment segment{seal.segment, {}, 0};
    if (seal.accepted_bytes == 0) {
        return segment;
    }
    const std::string all = core::read_file(file);
    const auto bytes = std::string_view(all).substr(0, seal.accepted_bytes);
    const auto fail = [&](std::uint64_t offset) {
        fail_damaged(file, offset, fmt::format("its accepted length is {}", seal.accepted_bytes));
    };
    if (bytes.size() < kHeaderBytes) {
        fail(bytes.size());
    }
    check_header(file, bytes);
    segment.bytes = kHeaderBytes;
    while (segment.bytes < seal.accepted_bytes) {
        const auto length = whole_group(bytes, segment.bytes);
        if (!length) {
            fail(segment.bytes);
        }
        add_events(file, bytes, *length, segment);
    }
    return segment;
}

std::vector<std::string> names_in(const fs::path& directory) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error)) {
        names.push_back(entry->path().filename().string());
    }
    if (error && error != std::errc::no_such_file_or_directory) {
        core::fail_input("cannot list '{}' ({}). Check the path and its permissions.",
                         directory.string(), error.message());
    }
    return names;
}

std::vector<std::int64_t> segment_numbers(const fs::path& sweep) {
    std::vector<std::int64_t> numbers;
    for (const auto& name : names_in(journal_directory(sweep))) {
        const auto number = core::parse_int(name);
        if (number && *number > 0 && *number <= kLastSegment && name == name_of_segment(*number)) {
            numbers.push_back(*number);
        }
    }
    std::sort(numbers.begin(), numbers.end());
    return numbers;
}

// A segment under another name ("1" for "000001") would be left out without a word.
void check_names(const fs::path& sweep) {
    for (const auto& name : names_in(journal_directory(sweep))) {
        const auto number = core::parse_int(name);
        const bool digits = name.find_first_not_of("0123456789") == std::string::npos;
        if (digits && (!number || *number == 0 || *number > kLastSegment ||
                       name != name_of_segment(*number))) {
            core::fail_input(
                "'{}' is no segment of the journal (they are named 000001, 000002, ...). Give it "
                "its own name back, or move it away.",
                (journal_directory(sweep) / name).string());
        }
    }
}

// What the newest start that counts says of all earlier segments. What an older one says agrees,
// unless that one was itself superseded before it wrote.
std::vector<Seal> seals_of(const std::vector<Segment>& newest_first) {
    for (const auto& segment : newest_first) {
        if (!segment.events.empty()) {
            return std::get<Started>(segment.events.front()).seals;
        }
    }
    return {};
}

[[noreturn]] void fail_missing(const fs::path& sweep, std::int64_t number, std::string_view why) {
    fail_damaged(segment_path(sweep, number), 0, fmt::format("it is missing; {}", why));
}

// Every sealed segment must be there as far as it was accepted, every other one that is there must
// be newer, and of these none may be missing: it may have held what was acknowledged.
void check_complete(const fs::path& sweep, const std::vector<std::int64_t>& numbers,
                    const std::vector<Seal>& seals, std::int64_t oldest_open) {
    const auto is_there = [&](std::int64_t number) {
        return std::binary_search(numbers.begin(), numbers.end(), number);
    };
    for (const auto& seal : seals) {
        if (seal.accepted_bytes > 0 && !is_there(seal.segment)) {
            fail_missing(sweep, seal.segment,
                         fmt::format("its accepted length is {}", seal.accepted_bytes));
        }
    }
    for (const auto number : numbers) {
        const auto seals_it = [&](const Seal& seal) { return seal.segment == number; };
        if (number < oldest_open && std::none_of(seals.begin(), seals.end(), seals_it)) {
            fail_damaged(segment_path(sweep, number), 0,
                         fmt::format("segment {} does not know it", name_of_segment(oldest_open)));
        }
    }
    for (auto number = seals.empty() ? 1 : oldest_open; number < numbers.back(); ++number) {
        if (!is_there(number)) {
            fail_missing(sweep, number, "a later one is there");
        }
    }
}

// All segments, the oldest first, each with the events that count.
std::vector<Segment> read_all(const fs::path& sweep) {
    check_names(sweep);
    const auto numbers = segment_numbers(sweep);
    std::vector<Segment> segments;  // the newest first
    auto next = numbers.rbegin();
    while (next != numbers.rend() && (segments.empty() || segments.back().events.empty())) {
        segments.push_back(read_open_segment(segment_path(sweep, *next), *next));
        ++next;
    }
    const auto seals = seals_of(segments);
    if (!segments.empty()) {
        check_complete(sweep, numbers, seals, segments.back().number);
    }
    for (auto seal = seals.rbegin(); seal != seals.rend(); ++seal) {
        segments.push_back(read_sealed_segment(segment_path(sweep, seal->segment), *seal));
    }
    std::reverse(segments.begin(), segments.end());
    return segments;
}

void use_events(const std::vector<Segment>& segments,
                const std::function<void(const Event&)>& use) {
    for (const auto& segment : segments) {
        std::for_each(segment.events.begin(), segment.events.end(), use);
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
    const auto segments = read_all(sweep);
    use_events(segments, use);
    return segments.empty() ? JournalEnd{}
                            : JournalEnd{segments.back().number, segments.back().bytes};
}

std::optional<JournalWriter> JournalWriter::start(const fs::path& sweep, Started started,
                                                  const std::function<void(const Event&)>& use,
                                                  std::optional<std::int64_t> after) {
    core::create_directories(journal_directory(sweep));
    const std::int64_t number = after.value_or(highest_segment(sweep)) + 1;
    // The file comes first: an older writer that still runs sees it and stops, so the lengths read
    // afterwards are final but for bytes that the seal makes void.
    auto file = core::AppendFile::create(segment_path(sweep, number));
    if (!file) {
        return std::nullopt;
    }
    auto segments = read_all(sweep);
    std::erase_if(segments, [&](const Segment& s) { return s.number >= number; });
    use_events(segments, use);
    started.seals.clear();
    for (const auto& segment : segments) {
        if (segment.bytes > 0) {
            // A killed writer may have left its last group in memory only; now it counts.
            core::sync_file(segment_path(sweep, segment.number));
        }
        started.seals.push_back({segment.number, segment.bytes});
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
