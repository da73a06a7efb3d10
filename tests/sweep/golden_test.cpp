// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

#include <filesystem>
#include <set>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"
#include "sweep/segment.hpp"

#include "support/catch.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::sweep;
using graft::tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

struct Golden {
    std::uint32_t format;
    std::vector<tests::Segment> segments;
};

std::vector<Golden> goldens() {
    return {{1, tests::golden_format_1()},
            {2, tests::golden_format_2()},
            {3, tests::golden_format_3()},
            {4, tests::golden_format_4()},
            {5, tests::golden_format_5()}};
}

std::vector<Event> events_of(const std::vector<tests::Segment>& segments) {
    std::vector<Event> events;
    for (const auto& segment : segments) {
        for (const auto& group : segment) {
            events.insert(events.end(), group.begin(), group.end());
        }
    }
    return events;
}

std::vector<Event> read(const fs::path& sweep) {
    std::vector<Event> events;
    read_journal(sweep, [&](const Event& event) { events.push_back(event); });
    return events;
}

// A file's whole groups: a uint32 count, a checksum of eight bytes, and so many bytes of events.
std::vector<std::string> groups_of(const fs::path& segment) {
    constexpr std::size_t kBefore = 12;
    const std::string bytes = core::read_file(segment);
    std::vector<std::string> groups;
    for (std::size_t at = kHeaderBytes; at + kBefore <= bytes.size();) {
        const auto size = kBefore + core::decode<std::uint32_t>(bytes.substr(at, 4));
        groups.push_back(bytes.substr(at, size));
        at += size;
    }
    return groups;
}

// A copy, for a start makes a segment.
void copy_golden(std::uint32_t format, const fs::path& sweep) {
    fs::copy(fmt::format("{}/journal-{}", GRAFT_GOLDEN_JOURNALS, format), journal_directory(sweep));
}

std::uint32_t format_of(const fs::path& segment) {
    return core::decode<std::uint32_t>(core::read_file(segment).substr(8, 4));
}

}  // namespace

TEST_CASE("the golden journal of every format reads as what was written, to the bit") {
    for (const auto& golden : goldens()) {
        INFO("format " << golden.format);
        const TemporaryDirectory sweep;
        copy_golden(golden.format, sweep.path());
        for (const auto& segment : fs::directory_iterator(journal_directory(sweep.path()))) {
            CHECK(format_of(segment.path()) == golden.format);
        }
        const auto expected = events_of(golden.segments);
        const auto events = read(sweep.path());
        REQUIRE(events.size() == expected.size());
        for (std::size_t i = 0; i < events.size(); ++i) {
            INFO("event " << i);
            CHECK(core::encode(events[i]) == core::encode(expected[i]));
        }
    }
    CHECK(goldens().back().format == kJournalFormat);
}

TEST_CASE("a journal of this format is written again as the bytes that an earlier graft wrote") {
    const fs::path golden(GRAFT_GOLDEN_JOURNALS);
    const auto groups = groups_of(golden / "journal-5/000003");
    REQUIRE_FALSE(groups.empty());
    for (const auto& group : groups) {
        const auto events = core::decode<std::vector<Event>>(group.substr(12));
        CHECK(encode_group(events) == group);
    }
}

// Written when a trial's name was a text and its settings were its own.
TEST_CASE("a grid that an earlier graft planned keeps its names, and its trials share settings") {
    const TemporaryDirectory sweep;
    fs::copy(fs::path(GRAFT_GOLDEN_JOURNALS) / "journal-grid", journal_directory(sweep.path()));
    const auto record = read_record(sweep.path());
    REQUIRE(record.trials().size() == 24);
    CHECK(record.trials()[0].id.text() == "a0ed1751083cbd96");
    CHECK(record.trials()[23].id.text() == "0a6aaf69f6f39647");
    for (std::size_t i = 0; i < 24; ++i) {
        const auto& trial = record.trials()[i];
        CHECK(trial_id(trial.spec) == trial.id);
        CHECK(name_of(trial.state) == "done");
        CHECK(std::get<Done>(trial.state).result.weights.name ==
              "trials/" + trial.id.text() + "/1.1.best.h5");
        for (const auto& other : record.trials()) {
            CHECK(trial.spec.shares(other.spec) ==
                  (trial.spec.settings() == other.spec.settings()));
        }
    }
}

TEST_CASE("the golden journals hold every kind of event and of ending") {
    std::set<std::size_t> events, endings;
    for (const auto& event : events_of(goldens().back().segments)) {
        events.insert(event.index());
        if (const auto* ended = std::get_if<AttemptEnded>(&event)) {
            endings.insert(ended->ending.index());
        }
    }
    CHECK(events.size() == std::variant_size_v<Event>);
    CHECK(endings.size() == std::variant_size_v<Ending>);
}

TEST_CASE("the golden journal of every format folds into the same trials") {
    for (const auto& golden : goldens()) {
        INFO("format " << golden.format);
        const TemporaryDirectory sweep;
        copy_golden(golden.format, sweep.path());
        Record record;
        read_journal(sweep.path(), [&](const Event& event) { record.apply(event); });
        REQUIRE(record.trials().size() == (golden.format > 4 ? 4 : 3));
        CHECK(name_of(record.trials()[0].state) == "done");
        CHECK(name_of(record.trials()[2].state) == "diverged");
        CHECK(record.trials()[2].left_out);
        CHECK(record.trials()[0].attempts.size() == 3);
        CHECK(record.trials()[0].rows.size() == 2);
        CHECK(record.starts().size() == 3);
        const bool retried = golden.format > 1;
        CHECK(name_of(record.trials()[1].state) == (golden.format == 2 ? "waiting" : "failed"));
        CHECK(record.trials()[1].forgiven == (retried ? 9 : 0));
        CHECK(record.trials()[1].attempts.size() == (retried ? 12 : 9));
        CHECK(record.failed_devices().size() == (retried ? 1 : 0));
        const auto& weights = std::get<Done>(record.trials()[0].state).result.weights;
        CHECK(weights.name.empty() == (golden.format > 2));
        CHECK_FALSE(weights.hash.empty());
        const auto* audit = record.audit("0123456789abcdef0123456789abcdef");
        CHECK((audit != nullptr) == (golden.format > 3));
        CHECK(record.trials()[1].verdict.has_value() == (golden.format > 4));
    }
}

TEST_CASE("a start goes on after a journal of every format, in this program's own") {
    for (const auto& golden : goldens()) {
        INFO("format " << golden.format);
        const TemporaryDirectory sweep;
        copy_golden(golden.format, sweep.path());
        const auto before = read(sweep.path());
        std::size_t used = 0;
        auto writer =
            JournalWriter::start(sweep.path(), tests::started(), [&](const Event&) { ++used; });
        REQUIRE(writer);
        CHECK(writer->segment() == 4);
        CHECK(used == before.size() + 1);
        REQUIRE(writer->append({Closed{{1}, "done"}}));
        CHECK(format_of(sweep / "journal/000003") == golden.format);
        CHECK(format_of(sweep / "journal/000004") == kJournalFormat);
        auto after = read(sweep.path());
        REQUIRE(after.size() == before.size() + 2);
        CHECK(std::holds_alternative<Closed>(after.back()));
        after.resize(before.size());
        CHECK(core::encode(after) == core::encode(before));
    }
}

TEST_CASE("a journal of the next format is refused, naming it and those that are known") {
    const TemporaryDirectory sweep;
    copy_golden(kJournalFormat, sweep.path());
    const auto file = sweep / "journal/000003";
    std::string bytes = core::read_file(file);
    bytes[8] = static_cast<char>(kJournalFormat + 1);
    core::write_file(file, bytes);
    CHECK_THROWS_AS(read(sweep.path()), core::InputError);
    CHECK_THROWS_WITH(read(sweep.path()),
                      ContainsSubstring("format 6") && ContainsSubstring("knows 1 to 5") &&
                          ContainsSubstring("000003") && ContainsSubstring("newer one"));
}
