// SPDX-License-Identifier: Apache-2.0
// `graft merge` and a division into parts cut short at every operation: what the record names is
// there, and the next call completes it.
#include "core/error.hpp"
#include "core/process.hpp"

#include "sweep/journal.hpp"
#include "sweep/trial_files.hpp"

#include "commands/merging.hpp"
#include "commands/parts.hpp"
#include "faults/cuts.hpp"
#include "results/store.hpp"
#include "support/specs.hpp"

using namespace graft;
using namespace graft::sweep;
using tests::Cuts;
using tests::FaultyFiles;
using tests::Operation;
using tests::TemporaryDirectory;

namespace {

namespace fs = std::filesystem;

const auto kSilent = [](const std::string&) {};
constexpr int kTrials = 3;

FileRef put(const fs::path& sweep, const std::string& name) {
    core::create_directories((sweep / name).parent_path());
    core::write_file(sweep / name, "content of " + name);
    return file_reference(sweep, name, name);
}

std::vector<PlannedTrial> planned_trials() {
    std::vector<PlannedTrial> trials;
    for (int seed = 1; seed <= kTrials; ++seed) {
        trials.push_back(tests::planned_trial(seed));
    }
    return trials;
}

TrialId id_of(int seed) {
    return trial_id(tests::planned_trial(seed).spec);
}

void write_journal(const fs::path& sweep, std::vector<Event> events) {
    core::create_directories(sweep);
    auto writer = JournalWriter::start(sweep, tests::started(), [](const Event&) {});
    events.insert(events.begin(), tests::planned(planned_trials()));
    events.push_back(Closed{{}, "drained"});
    REQUIRE(writer->append(events));
}

// All trials have their results there; of the target nothing but the plan, and an attempt that a
// lost coordinator left open.
void write_sweeps(const fs::path& from, const fs::path& into) {
    std::vector<Event> events;
    for (int seed = 1; seed <= kTrials; ++seed) {
        const auto id = id_of(seed);
        const auto cohort = static_cast<std::uint64_t>(seed);
        auto event = tests::save_recorded(cohort, id, 1);
        auto& member = event.save.members[0];
        member.files.clear();
        auto& result = member.result.emplace();
        result.best = member.best;
        result.weights = put(from, plain_file(id, "best"));
        result.predictions = put(from, plain_file(id, "predictions"));
        events.insert(events.end(), {tests::attempt_started(cohort, id), event,
                                     tests::attempt_ended(cohort, Completed{})});
    }
    write_journal(from, events);
    auto together = tests::attempt_started(9, id_of(1));
    together.members.push_back({id_of(2), 1});
    write_journal(into, {together});
}

std::size_t check_consistent(const fs::path& sweep) {
    const auto record = read_record(sweep);
    std::size_t done = 0;
    for (const auto& trial : record.trials()) {
        if (const auto* state = std::get_if<Done>(&trial.state)) {
            INFO("trial " << trial.id.text());
            MemberSave named;
            named.result = state->result;
            CHECK(holds_files(sweep, named));
            CHECK(trial.rows.size() == 1);
            ++done;
        }
    }
    return done;
}

commands::Merged merge(const fs::path& from, const fs::path& into) {
    commands::MergeRequest request;
    request.into = into;
    request.from = {from};
    return commands::merge_sweeps(request, kSilent);
}

void check_merged(const fs::path& sweep) {
    CHECK(check_consistent(sweep) == kTrials);
    CHECK(results::read_table(sweep / "results.h5", "trials").rows() == kTrials);
    const auto record = read_record(sweep);
    for (const auto& trial : record.trials()) {
        for (const auto& attempt : trial.attempts) {
            CHECK(attempt.ending);  // the next start would not know what to make of an open one
        }
    }
    for (int seed = 1; seed <= kTrials; ++seed) {
        const auto directory = sweep / "trials" / id_of(seed).text();
        CHECK(std::distance(fs::directory_iterator(directory), {}) == 2);  // nothing half-brought
    }
}

}  // namespace

TEST_CASE("a merge cut short at any operation leaves the sweep whole, and the next one finishes") {
    Cuts cuts;
    const auto from = cuts.root() / "from", into = cuts.root() / "into";
    write_sweeps(from, into);
    cuts.faults().mark("begun");
    const auto merged = merge(from, into);
    CHECK(merged.exit_code == 0);
    CHECK(merged.sources.at(0).taken == kTrials);
    check_merged(into);
    cuts.each(4, [&](const fs::path& disk, std::size_t marks) {
        if (marks == 0) {
            return;
        }
        check_consistent(disk / "into");
        CHECK(check_consistent(disk / "from") == kTrials);
        CHECK(merge(disk / "from", disk / "into").exit_code == 0);
        check_merged(disk / "into");
    });
}

TEST_CASE("a merge onto a disk that is full from the n-th write on keeps what is recorded") {
    bool failed = true;
    for (std::uint64_t n = 0; failed; n += 3) {
        const TemporaryDirectory directory;
        write_sweeps(directory / "from", directory / "into");
        {
            FaultyFiles faults(directory / "into");
            faults.fail(Operation::Kind::write, n, ENOSPC, true);
            std::optional<int> code;
            try {
                code = merge(directory / "from", directory / "into").exit_code;
            } catch (const core::NoSpaceError&) {
                code = 74;  // before anything was taken
            }
            failed = !faults.failed().empty();
            INFO(faults.failed());
            CHECK(code == (failed ? 74 : 0));
        }
        check_consistent(directory / "into");
        CHECK(merge(directory / "from", directory / "into").exit_code == 0);
        check_merged(directory / "into");
    }
}

TEST_CASE("files that are missing or damaged are listed, and their trials not taken") {
    const TemporaryDirectory directory;
    write_sweeps(directory / "from", directory / "into");
    core::write_file(directory / "from" / plain_file(id_of(1), "best"), "other content");
    fs::remove(directory / "from" / plain_file(id_of(2), "predictions"));
    const auto merged = merge(directory / "from", directory / "into");
    CHECK(merged.exit_code == 1);
    const auto& source = merged.sources.at(0);
    CHECK(source.taken == 1);
    REQUIRE(source.damaged.size() == 2);
    CHECK_THAT(source.damaged[0].text, ContainsSubstring("does not have its recorded content"));
    CHECK_THAT(source.damaged[1].text, ContainsSubstring("is not there"));
    CHECK(check_consistent(directory / "into") == 1);
    CHECK_FALSE(fs::exists(directory / "into" / plain_file(id_of(2), "best")));
}

TEST_CASE("a result that its trainer has not given its name yet is found under its number") {
    const TemporaryDirectory directory;
    write_sweeps(directory / "from", directory / "into");
    for (const char* kind : {"best", "predictions"}) {
        fs::rename(directory / "from" / plain_file(id_of(1), kind),
                   directory / "from" / numbered_file(id_of(1), 1, 1, kind));
    }
    CHECK(merge(directory / "from", directory / "into").exit_code == 0);
    check_merged(directory / "into");
}

TEST_CASE("a name that leads out of the sweep is no result file") {
    const TemporaryDirectory directory;
    write_sweeps(directory / "from", directory / "into");
    fs::remove_all(directory / "from/journal");
    auto event = tests::save_recorded(1, id_of(1), 1);
    event.save.members[0].result.emplace().weights = put(directory / "from", "../outside.h5");
    write_journal(directory / "from", {tests::attempt_started(1, id_of(1)), event});
    const auto merged = merge(directory / "from", directory / "into");
    REQUIRE(merged.sources.at(0).damaged.size() == 1);
    CHECK_THAT(merged.sources[0].damaged[0].text, ContainsSubstring("is no name of a result file"));
}

TEST_CASE("a division cut short at any operation has made all parts or none") {
    Cuts cuts;
    commands::Study study;
    study.file = parse_sweep_file(
        "[datasets.pcam]\npath = \"p\"\n[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"pcam\"\n"
        "init = \"random\"\nseed = [1, 2, 3]\n",
        cuts.root() / "s.toml", {"path"});
    study.trials = planned_trials();
    commands::make_parts(study, 2, false, kSilent);
    cuts.each(4, [&](const fs::path& disk, std::size_t) {
        auto moved = study;
        moved.file.output = disk / "s";
        const auto whole = [&] {
            std::size_t trials = 0;
            for (const auto& part : commands::parts_of(moved.file.output)) {
                trials += commands::trials_of_part(part).size();
                CHECK(commands::read_file(part).name == "s");
            }
            return trials;
        };
        const auto found = whole();
        CHECK((found == 0 || found == kTrials));
        CHECK(commands::make_parts(moved, 2, false, kSilent).is_new == (found == 0));
        CHECK(whole() == kTrials);
        CHECK(read_record(moved.file.output).trials().size() == kTrials);
    });
}
