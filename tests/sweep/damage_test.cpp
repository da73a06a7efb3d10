// SPDX-License-Identifier: Apache-2.0
// A journal of three segments (sealed with void bytes after it, sealed with a torn end, open), and
// every way in which its files can be damaged.
#include <filesystem>
#include <fstream>

#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/journal.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::sweep;
using graft::tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

const PlannedTrial kTrial = tests::planned_trial();
const TrialId kId = trial_id(kTrial.spec);
const auto kIgnore = [](const Event&) {};

struct File {
    std::string bytes;
    std::uint64_t accepted = 0;
};

// Each event is a group of its own: `ends` are where those of the open segment end.
struct SmallJournal {
    SmallJournal() {
        write();
        for (std::size_t i = 0; i < files.size(); ++i) {
            files[i].bytes = core::read_file(path(i));
        }
        files[2].accepted = files[2].bytes.size();
        events = read();
    }

    void write() {
        auto first = JournalWriter::start(directory.path(), tests::started(1), kIgnore);
        REQUIRE(first->append({tests::planned({kTrial})}));
        files[0].accepted = fs::file_size(path(0));
        auto second = JournalWriter::start(directory.path(), tests::started(2), kIgnore);
        REQUIRE(second->append({tests::attempt_started(1, kId)}));
        files[1].accepted = fs::file_size(path(1));
        const auto header_and_start = core::read_file(path(1));
        std::ofstream(path(0), std::ios::app | std::ios::binary)
            << "x" << header_and_start.substr(12);
        std::ofstream(path(1), std::ios::app | std::ios::binary) << header_and_start.substr(12, 30);
        auto third = JournalWriter::start(directory.path(), tests::started(3), kIgnore);
        ends = {0, fs::file_size(path(2))};
        for (const std::vector<Event>& group :
             {std::vector<Event>{tests::attempt_ended(1, Killed{9})},
              {TrialFailed{{4}, kId, "given up"}},
              {Closed{{5}, "done"}}}) {
            REQUIRE(third->append(group));
            ends.push_back(fs::file_size(path(2)));
        }
    }

    fs::path path(std::size_t i) const {
        return journal_directory(directory.path()) / fmt::format("{:06}", i + 1);
    }
    // Made anew: overwriting would wait for the disk each time.
    void put(std::size_t i, const std::string& bytes) const {
        core::remove_file(path(i));
        std::ofstream(path(i), std::ios::binary) << bytes;
    }
    std::vector<Event> read() const {
        std::vector<Event> all;
        read_journal(directory.path(), [&](const Event& event) { all.push_back(event); });
        return all;
    }
    // The events when only the first `groups` of the open segment are there.
    std::string up_to(std::size_t groups) const {
        const std::size_t sealed = events.size() - (ends.size() - 1);
        return core::encode(std::vector<Event>(
            events.begin(), events.begin() + static_cast<long>(sealed + groups)));
    }
    std::string all() const { return up_to(ends.size() - 1); }

    TemporaryDirectory directory;
    std::array<File, 3> files;
    std::vector<Event> events;
    std::vector<std::uint64_t> ends;
};

// What reading gives: the encoded events, or the message of the error.
struct Outcome {
    std::string events, message;
};
Outcome outcome_of(const SmallJournal& journal) {
    try {
        return {core::encode(journal.read()), ""};
    } catch (const core::Error& error) {
        return {"", error.what()};
    }
}

// A further start sees the same events, or fails with the same words; what it made is removed.
Outcome outcome_of_start(const SmallJournal& journal) {
    std::vector<Event> used;
    Outcome outcome;
    try {
        auto writer = JournalWriter::start(journal.directory.path(), tests::started(4),
                                           [&](const Event& event) { used.push_back(event); });
        used.pop_back();  // its own
        outcome.events = core::encode(used);
    } catch (const core::Error& error) {
        outcome.message = error.what();
    }
    core::remove_file(journal.path(3));
    return outcome;
}

// The offset that a message about this segment names; nothing when it is about something else.
std::optional<std::uint64_t> offset_in(const std::string& message, const fs::path& segment) {
    const auto at = message.find(" byte ");
    if (message.find(segment.string()) == std::string::npos || at == std::string::npos) {
        return std::nullopt;
    }
    return std::stoull(message.substr(at + 6));
}

// With the number of another format the same is read, unless a struct has grown since: then the
// first group with one is named.
bool has_another_known_format(const std::string& segment) {
    const auto format = core::decode<std::uint32_t>(segment.substr(8, 4));
    return format > 0 && format < kJournalFormat;
}

}  // namespace

TEST_CASE("the small journal has what its tests need") {
    const SmallJournal journal;
    CHECK(journal.events.size() == 8);
    CHECK(journal.files[0].bytes.size() > journal.files[0].accepted);
    CHECK(journal.files[1].bytes.size() > journal.files[1].accepted);
    CHECK(journal.ends.size() == 5);
}

TEST_CASE("void bytes of a sealed segment may be anything") {
    const SmallJournal journal;
    for (const std::size_t i : {0, 1}) {
        const auto& file = journal.files[i];
        for (const std::string& tail :
             {std::string(), std::string(100, '\0'), file.bytes, file.bytes.substr(12)}) {
            journal.put(i, file.bytes.substr(0, file.accepted) + tail);
            CHECK(outcome_of(journal).events == journal.all());
        }
    }
}

TEST_CASE("a sealed segment cut at any accepted byte is named with the offset") {
    const SmallJournal journal;
    for (const std::size_t i : {0, 1}) {
        const auto& file = journal.files[i];
        for (std::size_t n = 0; n <= file.bytes.size(); ++n) {
            INFO("segment " << i + 1 << " cut at byte " << n);
            journal.put(i, file.bytes.substr(0, n));
            const auto outcome = outcome_of(journal);
            if (n % 50 == 0) {
                CHECK(outcome_of_start(journal).message == outcome.message);
            }
            if (n >= file.accepted) {
                CHECK(outcome.events == journal.all());
            } else {
                const auto offset = offset_in(outcome.message, journal.path(i));
                REQUIRE(offset);
                CHECK(*offset <= n);
            }
        }
        journal.put(i, file.bytes);
    }
}

TEST_CASE("the open segment cut at any byte keeps its whole groups and nothing else") {
    const SmallJournal journal;
    const auto& file = journal.files[2];
    std::size_t groups = 0;
    for (std::size_t n = 0; n <= file.bytes.size(); ++n) {
        INFO("cut at byte " << n);
        journal.put(2, file.bytes.substr(0, n));
        while (groups + 1 < journal.ends.size() && n >= journal.ends[groups + 1]) {
            ++groups;
        }
        CHECK(outcome_of(journal).events == journal.up_to(groups));
        if (n % 20 == 0) {
            CHECK(outcome_of_start(journal).events == journal.up_to(groups));
        }
    }
    CHECK(groups == 4);
}

TEST_CASE("any flipped bit of a sealed segment is named, or was void") {
    const SmallJournal journal;
    for (const std::size_t i : {0, 1}) {
        const auto& file = journal.files[i];
        for (std::size_t bit = 0; bit < 8 * file.bytes.size(); ++bit) {
            INFO("segment " << i + 1 << ", bit " << bit % 8 << " of byte " << bit / 8);
            std::string flipped = file.bytes;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
            journal.put(i, flipped);
            const auto outcome = outcome_of(journal);
            if (has_another_known_format(flipped) && outcome.events.empty()) {
                CHECK(offset_in(outcome.message, journal.path(i)));
            } else if (bit / 8 >= file.accepted || has_another_known_format(flipped)) {
                CHECK(outcome.events == journal.all());
            } else {
                const auto offset = offset_in(outcome.message, journal.path(i));
                REQUIRE(offset);
                CHECK(*offset <= bit / 8);
            }
        }
        journal.put(i, file.bytes);
    }
}

TEST_CASE("any flipped bit of the open segment is named, or takes its last group alone") {
    const SmallJournal journal;
    const auto& file = journal.files[2];
    for (std::size_t bit = 0; bit < 8 * file.bytes.size(); ++bit) {
        INFO("bit " << bit % 8 << " of byte " << bit / 8);
        std::string flipped = file.bytes;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        journal.put(2, flipped);
        const auto outcome = outcome_of(journal);
        if (has_another_known_format(flipped)) {
            CHECK(outcome.events == journal.all());
        } else if (bit / 8 >= journal.ends[3] && outcome.message.empty()) {
            CHECK(outcome.events == journal.up_to(3));
        } else {
            const auto offset = offset_in(outcome.message, journal.path(2));
            REQUIRE(offset);
            CHECK(*offset <= bit / 8);
        }
    }
}

TEST_CASE("a segment that is missing is named when anything of it counted") {
    const SmallJournal journal;
    for (const std::size_t i : {0, 1}) {
        core::remove_file(journal.path(i));
        CHECK(offset_in(outcome_of(journal).message, journal.path(i)) == 0);
        CHECK_THAT(outcome_of(journal).message, ContainsSubstring("it is missing"));
        CHECK_THAT(outcome_of_start(journal).message, ContainsSubstring("it is missing"));
        journal.put(i, journal.files[i].bytes);
    }
    CHECK(outcome_of(journal).events == journal.all());
}

TEST_CASE("a gap before segments that never began is named, too") {
    const SmallJournal journal;
    journal.put(4, "");  // 000005
    const auto outcome = outcome_of(journal);
    CHECK(offset_in(outcome.message, journal.path(3)) == 0);
    CHECK_THAT(outcome.message, ContainsSubstring("a later one is there"));
    journal.put(3, "");
    CHECK(outcome_of(journal).events == journal.all());
    for (const std::size_t i : {0, 1, 2}) {
        core::remove_file(journal.path(i));
    }
    CHECK(offset_in(outcome_of(journal).message, journal.path(0)) == 0);
}

TEST_CASE("segments that never began count for nothing, however many") {
    const SmallJournal journal;
    for (const std::string& bytes :
         {std::string(), std::string("graftj"), std::string(4096, '\0')}) {
        journal.put(3, bytes);
        journal.put(4, bytes);
        CHECK(outcome_of(journal).events == journal.all());
    }
    auto writer = JournalWriter::start(journal.directory.path(), tests::started(6), kIgnore);
    REQUIRE(writer);
    CHECK(writer->segment() == 6);
    CHECK(journal.read().size() == journal.events.size() + 1);
    core::remove_file(journal.path(3));  // nothing of it counted
    CHECK(journal.read().size() == journal.events.size() + 1);
}

TEST_CASE("a sealed segment that is empty or begins with zeros has lost what was accepted") {
    const SmallJournal journal;
    for (const std::string& bytes : {std::string(), std::string(journal.files[1].accepted, '\0')}) {
        journal.put(1, bytes);
        CHECK(offset_in(outcome_of(journal).message, journal.path(1)) == 0);
    }
}

TEST_CASE("the open segment without its first page is damage when a later group is whole") {
    const SmallJournal journal;
    std::string bytes = journal.files[2].bytes;
    bytes.replace(0, journal.ends[2], std::string(journal.ends[2], '\0'));
    journal.put(2, bytes);
    CHECK(offset_in(outcome_of(journal).message, journal.path(2)) == 0);
}

TEST_CASE("a segment under another name is refused, not read twice or left out") {
    const SmallJournal journal;
    for (const char* name : {"1", "0000003", "000000", "4", "99999999999999999999"}) {
        INFO(name);
        const auto path = journal_directory(journal.directory.path()) / name;
        std::ofstream(path, std::ios::binary) << journal.files[0].bytes;
        CHECK_THAT(outcome_of(journal).message,
                   ContainsSubstring(path.string()) && ContainsSubstring("is no segment"));
        core::remove_file(path);
    }
    for (const char* name : {"000003~", "000003.bak", ".nfs000001", "notes"}) {
        std::ofstream(journal_directory(journal.directory.path()) / name) << "no matter";
    }
    CHECK(outcome_of(journal).events == journal.all());
}

TEST_CASE("a directory in a segment's place is named") {
    const SmallJournal journal;
    fs::create_directory(journal.path(3));
    CHECK_THAT(outcome_of(journal).message, ContainsSubstring(journal.path(3).string()));
    CHECK_THROWS_AS(JournalWriter::start(journal.directory.path(), tests::started(5), kIgnore),
                    core::InputError);
}

TEST_CASE("a segment that the seals do not name is damage, not silence") {
    const SmallJournal journal;
    core::remove_file(journal.path(1));
    core::remove_file(journal.path(0));
    journal.put(2, journal.files[0].bytes.substr(0, journal.files[0].accepted));  // seals nothing
    journal.put(0, journal.files[1].bytes);
    CHECK_THAT(outcome_of(journal).message, ContainsSubstring("segment 000003 does not know it"));
}

TEST_CASE("of two starts at once, the lengths that the later one sealed count for all") {
    // The second start sealed a length, was overtaken by the third, and wrote only then: its seal
    // is void with it, and the group that the third found accepted stays.
    const SmallJournal journal;
    const auto first = journal.files[0].bytes.substr(0, journal.files[0].accepted);
    core::remove_file(journal.path(2));
    journal.put(0, first);
    journal.put(1, "");
    auto third = JournalWriter::start(journal.directory.path(), tests::started(3), kIgnore);
    REQUIRE(third);
    const auto before = core::encode(journal.read());
    // A start that had found one group less in the first segment.
    const TemporaryDirectory elsewhere;
    auto again = JournalWriter::start(elsewhere.path(), tests::started(1), kIgnore);
    auto overtaken = JournalWriter::start(elsewhere.path(), tests::started(2), kIgnore);
    journal.put(1, core::read_file(elsewhere / "journal/000002"));
    CHECK(core::encode(journal.read()) == before);
}
