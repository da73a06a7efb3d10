// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

#include <filesystem>
#include <set>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/journal.hpp"
#include "sweep/record.hpp"

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
            {4, tests::golden_format_4()}};
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
        REQUIRE(record.trials().size() == 3);
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
                      ContainsSubstring("format 5") && ContainsSubstring("knows 1 to 4") &&
                          ContainsSubstring("000003") && ContainsSubstring("newer one"));
}
