// SPDX-License-Identifier: Apache-2.0
// The journal under a power cut at every operation: it reads, every acknowledged event is there in
// its place, nothing is invented, and a further start goes on.
#include <utility>

#include "core/bytes.hpp"
#include "core/error.hpp"

#include "sweep/journal.hpp"

#include "faults/cuts.hpp"
#include "support/specs.hpp"

using namespace graft;
using namespace graft::sweep;
using tests::Cuts;
using tests::Operation;

namespace {

namespace fs = std::filesystem;

const PlannedTrial kTrial = tests::planned_trial();
const auto kIgnore = [](const Event&) {};

std::vector<std::string> events_of(const fs::path& sweep) {
    std::vector<std::string> events;
    read_journal(sweep, [&](const Event& event) { events.push_back(core::encode(event)); });
    return events;
}

// An event of about so many bytes.
Event sized(std::size_t bytes, int number) {
    auto event = tests::planned({kTrial});
    event.time = {number};
    event.sweep_file.assign(bytes, static_cast<char>('a' + number % 26));
    return event;
}

struct Killed {};

// A journal and the number of events that were acknowledged at each mark.
class Story {
  public:
    explicit Story(Cuts& cuts) : cuts_(cuts) {}
    fs::path sweep() const { return cuts_.root() / "work/sweep"; }

    // A start with groups of these sizes. Nothing is closed: each ends as if it were killed.
    void start(const std::vector<std::size_t>& groups) {
        auto writer = JournalWriter::start(sweep(), tests::started(++number_), kIgnore);
        REQUIRE(writer);
        acknowledge(1);
        for (const auto bytes : groups) {
            REQUIRE(writer->append({sized(bytes, ++number_), sized(1, ++number_)}));
            acknowledge(2);
        }
    }
    // The process is killed between a group's write and its sync: whole in the page cache, and
    // read by the next start, but not on the disk.
    void start_and_be_killed(std::size_t bytes) {
        auto writer = JournalWriter::start(sweep(), tests::started(++number_), kIgnore);
        acknowledge(1);
        std::uint64_t syncs = 0;
        for (const auto& operation : cuts_.faults().trace()) {
            syncs += operation.kind == Operation::Kind::sync ? 1 : 0;
        }
        cuts_.faults().before(Operation::Kind::sync, syncs, [] { throw Killed{}; });
        CHECK_THROWS_AS(writer->append({sized(bytes, ++number_)}), Killed);
        unsynced_ = 1;  // counts when the next start has read it
    }
    // A group of 70,000 bytes whose first byte is `before` bytes before the end of a page, so that
    // one half of its length may be on the disk without the other.
    void start_with_head_across_pages(std::size_t before) {
        auto writer = JournalWriter::start(sweep(), tests::started(++number_), kIgnore);
        acknowledge(1);
        const auto file = journal_directory(sweep()) / fmt::format("{:06}", writer->segment());
        const auto start = fs::file_size(file);
        REQUIRE(writer->append({sized(0, ++number_)}));
        acknowledge(1);
        const auto overhead = fs::file_size(file) - start;
        const auto filler = 2 * 4096 - before - fs::file_size(file) - overhead;
        REQUIRE(writer->append({sized(filler, ++number_)}));
        acknowledge(1);
        REQUIRE(fs::file_size(file) % 4096 == 4096 - before);
        REQUIRE(writer->append({sized(70000, ++number_)}));
        acknowledge(1);
    }

    void check(std::uint64_t choices) {
        const auto all = events_of(sweep());
        cuts_.each(choices, [&](const fs::path& disk, std::size_t marks) {
            check_disk(disk / "work/sweep", all, marks == 0 ? 0 : acknowledged_[marks - 1]);
        });
    }

  private:
    void acknowledge(std::size_t events) {
        const auto before = acknowledged_.empty() ? 0 : acknowledged_.back();
        acknowledged_.push_back(before + events + std::exchange(unsynced_, 0));
        cuts_.faults().mark("acknowledged");
    }

    static void check_disk(const fs::path& sweep, const std::vector<std::string>& all,
                           std::size_t acknowledged) {
        const auto events = events_of(sweep);
        REQUIRE(events.size() >= acknowledged);
        REQUIRE(events.size() <= all.size());
        CHECK(std::equal(events.begin(), events.end(), all.begin()));
        auto writer = JournalWriter::start(sweep, tests::started(99), kIgnore);
        REQUIRE(writer);
        REQUIRE(writer->append({sized(10, 99)}));
        const auto after = events_of(sweep);
        REQUIRE(after.size() == events.size() + 2);
        CHECK(std::equal(events.begin(), events.end(), after.begin()));
    }

    Cuts& cuts_;
    int number_ = 0;
    std::size_t unsynced_ = 0;
    std::vector<std::size_t> acknowledged_;
};

}  // namespace

TEST_CASE("a power cut at any operation of a journal loses nothing that was acknowledged") {
    Cuts cuts;
    Story story(cuts);
    story.start({100, 5000, 3000});
    story.start({9000});
    story.start({10, 10});
    story.check(12);
}

TEST_CASE("a torn group is no damage, wherever its head lies") {
    for (const std::size_t before : {1, 2, 3, 4}) {
        Cuts cuts;
        Story story(cuts);
        story.start_with_head_across_pages(before);
        story.check(12);
    }
}

TEST_CASE("what a killed start left unsynced is on the disk before a later one builds on it") {
    Cuts cuts;
    Story story(cuts);
    story.start({100});
    story.start_and_be_killed(5000);
    story.start({100});
    story.check(12);
}
