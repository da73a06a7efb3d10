// SPDX-License-Identifier: Apache-2.0
#include "sweep/journal.hpp"

#include <algorithm>

#include "core/error.hpp"
#include "core/text.hpp"

#include "sweep/segment.hpp"

namespace graft::sweep {

namespace fs = std::filesystem;

namespace {

// More starts than any sweep has.
constexpr std::int64_t kLastSegment = 999'999'999;

std::string name_of_segment(std::int64_t number) {
    return fmt::format("{:06}", number);
}

fs::path segment_path(const fs::path& sweep, std::int64_t number) {
    return journal_directory(sweep) / name_of_segment(number);
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
        if (segment.started) {
            return segment.started->seals;
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

// The segments that nobody sealed, the newest first: the last of them begins with a start, if any
// of those above `least` does.
std::vector<Segment> read_open_segments(const fs::path& sweep,
                                        const std::vector<std::int64_t>& numbers,
                                        std::int64_t least) {
    std::vector<Segment> segments;
    for (auto next = numbers.rbegin(); next != numbers.rend() && *next > least; ++next) {
        segments.push_back(read_open_segment(segment_path(sweep, *next), *next));
        if (segments.back().started) {
            break;
        }
    }
    return segments;
}

// All segments, the oldest first, each with the events that count.
std::vector<Segment> read_all(const fs::path& sweep) {
    check_names(sweep);
    const auto numbers = segment_numbers(sweep);
    auto segments = read_open_segments(sweep, numbers, 0);
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

// The segments from `from` on, the oldest first, that one without what stands before that place.
std::optional<std::vector<Segment>> read_after(const fs::path& sweep, const JournalEnd& from,
                                               std::string_view start_id) {
    check_names(sweep);
    const auto numbers = segment_numbers(sweep);
    auto segments = read_open_segments(sweep, numbers, from.segment);
    const bool sealed = !segments.empty() && segments.back().started;
    std::optional<std::uint64_t> accepted;
    if (sealed) {
        const auto seals = seals_of(segments);
        check_complete(sweep, numbers, seals, segments.back().number);
        for (auto seal = seals.rbegin(); seal != seals.rend(); ++seal) {
            if (seal->segment == from.segment) {
                accepted = seal->accepted_bytes;
            } else if (seal->segment > from.segment) {
                segments.push_back(read_sealed_segment(segment_path(sweep, seal->segment), *seal));
            }
        }
    }
    if (sealed && !accepted) {
        return std::nullopt;
    }
    auto first = read_segment_after(segment_path(sweep, from.segment), from.segment, from.bytes,
                                    start_id, accepted);
    if (!first) {
        return std::nullopt;
    }
    segments.push_back(std::move(*first));
    std::reverse(segments.begin(), segments.end());
    return segments;
}

void use_all(const std::vector<Segment>& segments, const std::function<void(const Event&)>& use) {
    for (const auto& segment : segments) {
        use_events(segment, use);
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
    use_all(segments, use);
    return segments.empty() ? JournalEnd{}
                            : JournalEnd{segments.back().number, segments.back().accepted};
}

std::optional<JournalTail> read_tail(const fs::path& sweep, const JournalEnd& from,
                                     std::string_view start_id) {
    try {
        const auto segments = read_after(sweep, from, start_id);
        if (!segments) {
            return std::nullopt;
        }
        JournalTail tail;
        use_all(*segments, [&](const Event& event) { tail.events.push_back(event); });
        const Segment& last = segments->back();
        tail.end = last.number > from.segment
                       ? JournalEnd{last.number, last.accepted}
                       : JournalEnd{from.segment, from.bytes + last.accepted - kHeaderBytes};
        return tail;
    } catch (const core::Error&) {
        return std::nullopt;
    }
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
    use_all(segments, use);
    started.seals.clear();
    for (const auto& segment : segments) {
        if (segment.accepted > 0) {
            // A killed writer may have left its last group in memory only; now it counts.
            core::sync_file(segment_path(sweep, segment.number));
        }
        started.seals.push_back({segment.number, segment.accepted});
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
