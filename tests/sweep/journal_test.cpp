// SPDX-License-Identifier: Apache-2.0
#include "sweep/journal.hpp"

#include <fstream>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::sweep;
using graft::tests::TemporaryDirectory;

namespace {

const PlannedTrial kTrial = tests::planned_trial();
const TrialId kId = trial_id(kTrial.spec);
const auto kIgnore = [](const Event&) {};

std::vector<Event> events_of(const std::filesystem::path& sweep) {
    std::vector<Event> events;
    read_journal(sweep, [&](const Event& event) { events.push_back(event); });
    return events;
}

std::filesystem::path segment(const TemporaryDirectory& sweep, const char* name) {
    return sweep.path() / "journal" / name;
}

void overwrite(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

// Three groups: the start, the plan, and an attempt with a save.
void write_small_journal(const std::filesystem::path& sweep) {
    auto writer = JournalWriter::start(sweep, tests::started(), kIgnore);
    REQUIRE(writer->append({tests::planned({kTrial})}));
    REQUIRE(writer->append({tests::attempt_started(1, kId), tests::save_recorded(1, kId, 1)}));
}

}  // namespace

TEST_CASE("a journal gives back what was appended, in order") {
    const TemporaryDirectory sweep;
    write_small_journal(sweep.path());
    const auto events = events_of(sweep.path());
    REQUIRE(events.size() == 4);
    CHECK(std::holds_alternative<Started>(events[0]));
    CHECK(std::holds_alternative<SaveRecorded>(events[3]));
}

TEST_CASE("a group that is bad throughout is damage when another was written after it") {
    const TemporaryDirectory sweep;
    write_small_journal(sweep.path());
    const auto file = segment(sweep, "000001");
    std::string bytes = core::read_file(file);
    for (std::size_t at = 30; at < bytes.size(); at += 40) {
        bytes[at] = static_cast<char>(bytes[at] ^ 1);  // no group is whole any more
    }
    overwrite(file, bytes);
    CHECK_THROWS_WITH(events_of(sweep.path()), ContainsSubstring("damaged at byte 12"));
}

TEST_CASE("a new start seals the earlier segment, and what is written there later is void") {
    const TemporaryDirectory sweep;
    auto old = JournalWriter::start(sweep.path(), tests::started(1), kIgnore);
    REQUIRE(old->append({tests::planned({kTrial})}));
    auto young = JournalWriter::start(sweep.path(), tests::started(2), kIgnore);
    REQUIRE(young);
    CHECK(young->segment() == 2);
    CHECK_FALSE(old->append({tests::attempt_started(1, kId)}));
    // Bytes of a writer that did not look: they lie beyond the sealed length.
    const auto file = segment(sweep, "000001");
    std::ofstream(file, std::ios::binary | std::ios::app) << core::read_file(file).substr(12);
    CHECK(events_of(sweep.path()).size() == 3);
    REQUIRE(young->append({tests::attempt_started(1, kId)}));
    CHECK(events_of(sweep.path()).size() == 4);
}

TEST_CASE("a torn end of an earlier segment stays dropped after the next start") {
    const TemporaryDirectory sweep;
    write_small_journal(sweep.path());
    const auto file = segment(sweep, "000001");
    overwrite(file, core::read_file(file).substr(0, core::read_file(file).size() - 3));
    std::size_t replayed = 0;
    auto writer =
        JournalWriter::start(sweep.path(), tests::started(), [&](const Event&) { ++replayed; });
    CHECK(replayed == 3);
    CHECK(events_of(sweep.path()).size() == 3);
}

TEST_CASE("a sweep without a journal has none of its events") {
    const TemporaryDirectory sweep;
    CHECK(events_of(sweep.path()).empty());
    CHECK(highest_segment(sweep.path()) == 0);
}

TEST_CASE("who made sure that nobody runs the sweep is refused when another began since") {
    const TemporaryDirectory sweep;
    write_small_journal(sweep.path());
    const auto seen = highest_segment(sweep.path());
    CHECK(JournalWriter::start(sweep.path(), tests::started(), kIgnore, seen));
    CHECK_FALSE(JournalWriter::start(sweep.path(), tests::started(), kIgnore, seen));
    CHECK(highest_segment(sweep.path()) == seen + 1);
}

// Instrumented by the thread sanitizer, what each of the two does costs unlike much more.
#if !defined(__SANITIZE_THREAD__)
TEST_CASE("a long torn group is told from damage about as fast as a whole one is read") {
    const TemporaryDirectory directory;
    std::vector<PlannedTrial> trials;
    for (std::int64_t seed = 0; seed < 20000; ++seed) {
        trials.push_back(tests::planned_trial(seed));
        trials.back().work.parameters = 3'228'864 + seed;  // might be a length
    }
    {
        auto writer = JournalWriter::start(directory.path(), tests::started(), [](const Event&) {});
        REQUIRE(writer->append({tests::planned(trials)}));
    }
    int events = 0;
    const auto seconds_to_read = [&] {
        events = 0;
        const auto start = core::now();
        read_journal(directory.path(), [&](const Event&) { ++events; });
        return core::Seconds(core::now() - start).count();
    };
    const double whole = seconds_to_read();
    CHECK(events == 2);
    const auto segment = journal_directory(directory.path()) / "000001";
    std::filesystem::resize_file(segment, std::filesystem::file_size(segment) - 1);
    CHECK(seconds_to_read() < 1 + 30 * whole);
    CHECK(events == 1);
}
#endif

TEST_CASE("a segment of an absurd number is refused") {
    const TemporaryDirectory directory;
    core::create_directories(journal_directory(directory.path()));
    core::write_file(journal_directory(directory.path()) / "9223372036854775807", "");
    const auto ignore = [](const Event&) {};
    CHECK_THROWS_WITH(read_journal(directory.path(), ignore),
                      ContainsSubstring("9223372036854775807' is no segment"));
    CHECK_THROWS_AS(JournalWriter::start(directory.path(), tests::started(), ignore),
                    core::InputError);
}
