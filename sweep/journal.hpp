// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/file.hpp"

#include "sweep/event.hpp"

namespace graft::sweep {

// The journal: <sweep>/journal/000001, 000002, ..., one segment per start, each made with O_EXCL by
// one process and never touched by another. A segment is
//   "graftjnl" (8 bytes), format version (uint32), then groups
// and a group is
//   length of the payload (uint32), XXH3-64 of the payload seeded by its length (uint64), payload
// where the payload is the encoding of a vector<Event>. The next group is written only after the
// last was synced, so only a last group can be torn: it is dropped. The first event of a segment
// (Started) seals the earlier segments at their accepted lengths; bytes beyond are void.

std::filesystem::path journal_directory(const std::filesystem::path& sweep);

struct JournalEnd {
    std::int64_t segment = 0;  // 0: no journal yet
    std::uint64_t bytes = 0;   // accepted
};

// Calls `use` for every event that counts, in order, and returns where the journal ends. Throws
// SystemError naming segment and offset when a group that is not the last is damaged, or a sealed
// length cannot be reached; InputError for a format version that this program does not know.
JournalEnd read_journal(const std::filesystem::path& sweep,
                        const std::function<void(const Event&)>& use);

// What the journal says after a place where it ended when it was read before.
struct JournalTail {
    std::vector<Event> events;
    JournalEnd end;
};
// `from`: that place, in the segment of the start `start_id`. Nothing when it is no such place any
// more (another journal, or that start's last groups were lost with the power), or when something
// is wrong with the journal: read_journal() says what.
std::optional<JournalTail> read_tail(const std::filesystem::path& sweep, const JournalEnd& from,
                                     std::string_view start_id);

// Highest segment number in the directory; 0 when there is none.
std::int64_t highest_segment(const std::filesystem::path& sweep);

class JournalWriter {
  public:
    // Reads the journal (events go to `use`), makes the next segment, and writes and syncs
    // `started` with its seals filled in. Nothing when another process made that segment first.
    // `after`: the highest segment when the caller made sure that nobody runs the sweep; nothing
    // then, too, when another process began since. Else the highest one just now.
    static std::optional<JournalWriter> start(const std::filesystem::path& sweep, Started started,
                                              const std::function<void(const Event&)>& use,
                                              std::optional<std::int64_t> after = std::nullopt);
    // Writes and syncs one group. Returns false, without writing, when a higher segment is there:
    // another coordinator took over, and nothing of this one counts any more. After the sync it
    // looks again: false then means that the group may not count.
    [[nodiscard]] bool append(const std::vector<Event>& events);
    std::int64_t segment() const { return segment_; }
    // A higher segment is there: another coordinator took over. What belongs to the sweep must not
    // be touched by this one any more.
    bool superseded() const;

  private:
    JournalWriter(std::filesystem::path sweep, core::AppendFile file, std::int64_t segment)
        : sweep_(std::move(sweep)), file_(std::move(file)), segment_(segment) {}

    std::filesystem::path sweep_;
    core::AppendFile file_;
    std::int64_t segment_;
};

}  // namespace graft::sweep
