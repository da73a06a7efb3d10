// SPDX-License-Identifier: Apache-2.0
#include "scheduler/orphans.hpp"

#include <fstream>

#include "core/hash.hpp"

#include "sweep/trial_files.hpp"

#include "scheduler/bench_trials.hpp"
#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;
using namespace graft::tests;
using namespace graft::scheduler;

namespace {

const sweep::CohortId kCohort{7};

std::vector<sweep::Event> events_with_open_cohort(int members, std::int64_t recorded) {
    sweep::Started started;
    started.start_id = "first";
    sweep::Planned planned;
    planned.added = bench_trials(3, "d");
    sweep::AttemptStarted attempt;
    attempt.cohort = kCohort;
    attempt.slots = {sweep::Slot(0)};
    std::vector<sweep::Event> events{started, planned};
    for (int i = 0; i < members; ++i) {
        const auto id = sweep::trial_id(planned.added[static_cast<std::size_t>(i)].spec);
        attempt.members.push_back({id, 1});
    }
    events.push_back(attempt);
    for (std::int64_t save = 1; save <= recorded; ++save) {
        sweep::SaveRecorded event;
        event.save.cohort = kCohort;
        event.save.save = save;
        event.save.members.push_back({attempt.members[0].trial, {}, {}, {}, {}, 1.0});
        events.push_back(event);
    }
    return events;
}

sweep::Record record_of(const std::vector<sweep::Event>& events) {
    sweep::Record record;
    for (const auto& event : events) {
        record.apply(event);
    }
    return record;
}

sweep::Record with_open_cohort(int members = 1, std::int64_t recorded = 0) {
    return record_of(events_with_open_cohort(members, recorded));
}

Orphan orphan(const sweep::Record& record, std::int64_t save, std::size_t member = 0) {
    Orphan orphan;
    orphan.begun = {kCohort, "device", "numerics"};
    orphan.save.save.cohort = kCohort;
    orphan.save.save.save = save;
    sweep::MemberSave its;
    its.trial = record.trials().at(member).id;
    its.rows.emplace_back().epoch = static_cast<std::int32_t>(save);
    orphan.save.save.members = {its};
    return orphan;
}

Adoption adopted(const sweep::Record& record, const std::vector<Orphan>& orphans,
                 bool there = true) {
    return adopt(record, orphans, [&](const sweep::MemberSave&) { return there; }, {});
}

std::vector<std::int64_t> saves_of(const Adoption& adoption) {
    std::vector<std::int64_t> saves;
    for (const auto& event : adoption.events) {
        if (const auto* save = std::get_if<sweep::SaveRecorded>(&event)) {
            saves.push_back(save->save.save);
        }
    }
    return saves;
}

using Saves = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("saves that follow the last recorded one are adopted in order") {
    auto record = with_open_cohort(1, 1);
    const auto adoption = adopted(record, {orphan(record, 2), orphan(record, 3)});
    CHECK(saves_of(adoption) == Saves{2, 3});
    CHECK(adoption.lines.size() == 2);
    for (const auto& event : adoption.events) {
        record.apply(event);
    }
    const auto& trial = record.trials()[0];
    CHECK(trial.rows.size() == 2);
    CHECK(trial.attempts[0].saves == 3);
    CHECK(trial.attempts[0].numerics == "numerics");  // it had not been told either
}

TEST_CASE("a save that is recorded already is passed over without a word") {
    const auto record = with_open_cohort(1, 2);
    const auto adoption = adopted(record, {orphan(record, 2), orphan(record, 3)});
    CHECK(saves_of(adoption) == Saves{3});
    CHECK(adoption.lines.size() == 1);
}

TEST_CASE("a gap drops what follows it") {
    const auto record = with_open_cohort();
    const auto adoption = adopted(record, {orphan(record, 2), orphan(record, 3)});
    CHECK(adoption.events.empty());
    REQUIRE(adoption.lines.size() == 2);
    CHECK_THAT(adoption.lines[0], ContainsSubstring("the one before it is missing"));
}

TEST_CASE("saves of a cohort that has ended, or that never was, are dropped") {
    auto record = with_open_cohort();
    auto unknown = orphan(record, 1);
    unknown.save.save.cohort = sweep::CohortId(99);
    CHECK(adopted(record, {unknown}).events.empty());
    record.apply(sweep::AttemptEnded{{}, kCohort, sweep::CoordinatorLost{}});
    const auto adoption = adopted(record, {orphan(record, 1)});
    CHECK(adoption.events.empty());
    CHECK_THAT(adoption.lines.at(0), ContainsSubstring("its attempt has ended"));
}

TEST_CASE("saves of a trial that is not of the cohort, and of none, are dropped") {
    const auto record = with_open_cohort();
    CHECK(adopted(record, {orphan(record, 1, 2)}).events.empty());
    auto empty = orphan(record, 1);
    empty.save.save.members.clear();
    CHECK(adopted(record, {empty}).events.empty());
}

TEST_CASE("a save without its files is dropped, and so is what follows it") {
    const auto record = with_open_cohort();
    const auto adoption = adopted(record, {orphan(record, 1), orphan(record, 2)}, false);
    CHECK(adoption.events.empty());
    CHECK_THAT(adoption.lines.at(0), ContainsSubstring("not there as they were saved"));
}

TEST_CASE("a result is adopted once") {
    auto record = with_open_cohort(2);
    auto done = orphan(record, 1);
    done.save.save.members[0].result.emplace();
    auto again = orphan(record, 2);
    const auto adoption = adopted(record, {done, again, orphan(record, 2, 1)});
    CHECK(saves_of(adoption) == Saves{1, 2});
    for (const auto& event : adoption.events) {
        record.apply(event);
    }
    CHECK(sweep::name_of(record.trials()[0].state) == "done");
    CHECK(record.trials()[1].attempts[0].saves == 1);
}

namespace {

// A sweep on disk whose rank left save 1 of an open cohort.
struct LeftSweep {
    explicit LeftSweep(const std::string& content = "state") {
        std::optional<sweep::JournalWriter> first;
        const auto events = events_with_open_cohort(1, 0);
        record = record_of(events);
        first = sweep::JournalWriter::start(path(), std::get<sweep::Started>(events[0]),
                                            [](const auto&) {});
        REQUIRE(first->append({events.begin() + 1, events.end()}));
        auto left = orphan(record, 1);
        auto& member = left.save.save.members[0];
        const auto name = sweep::numbered_file(member.trial, 1, 1, "state");
        core::create_directories((path() / name).parent_path());
        std::ofstream(path() / name) << "state";
        member.files = {sweep::file_reference(path(), name, name)};
        std::ofstream(path() / name) << content;
        write_orphan(path(), left);
    }
    core::fs::path path() const { return directory.path(); }
    core::fs::path file() const { return directory / "orphans" / "7.1"; }

    // The next start; the saves of the trial afterwards, live and as read back.
    std::int64_t saves_of_next_start() {
        sweep::Record next;
        auto journal = sweep::JournalWriter::start(
            path(), {}, [&](const sweep::Event& event) { next.apply(event); });
        REQUIRE(adopt_orphans(path(), next, *journal, observer));
        sweep::Record read;
        sweep::read_journal(path(), [&](const sweep::Event& event) { read.apply(event); });
        CHECK(read.trials()[0].attempts[0].saves == next.trials()[0].attempts[0].saves);
        CHECK_FALSE(core::fs::exists(path() / "orphans"));
        return next.trials()[0].attempts[0].saves;
    }

    class Lines final : public Observer {
      public:
        void show(const Status&) override {}
        void say(const std::string& line) override { lines += line + "\n"; }
        std::string lines;
    };
    TemporaryDirectory directory;
    sweep::Record record;
    Lines observer;
};

}  // namespace

TEST_CASE("the next start takes a rank's save into the journal and removes its file") {
    LeftSweep sweep;
    REQUIRE(core::fs::exists(sweep.file()));
    CHECK(sweep.saves_of_next_start() == 1);
    CHECK_THAT(sweep.observer.lines, ContainsSubstring("is taken up"));
    CHECK(sweep.saves_of_next_start() == 1);  // and once only
}

TEST_CASE("a state that has other bytes than were saved is not gone on from") {
    LeftSweep sweep("stats");
    CHECK(sweep.saves_of_next_start() == 0);
}

TEST_CASE("a state that is gone is not gone on from") {
    LeftSweep sweep;
    core::remove_tree(sweep.path() / "trials");
    CHECK(sweep.saves_of_next_start() == 0);
}

TEST_CASE("no flipped or missing byte of an orphan is believed") {
    const LeftSweep sweep;
    const auto whole = core::read_file(sweep.file());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        auto damaged = whole;
        damaged[i] = static_cast<char>(damaged[i] ^ 4);
        std::ofstream(sweep.file()) << damaged;
        std::vector<std::string> complaints;
        CHECK(read_orphans(sweep.path(), complaints).empty());
        CHECK(complaints.size() == 1);
        std::ofstream(sweep.file()) << whole.substr(0, i);
        CHECK(read_orphans(sweep.path(), complaints).empty());
    }
}
