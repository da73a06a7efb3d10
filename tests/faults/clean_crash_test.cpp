// SPDX-License-Identifier: Apache-2.0
// `graft clean` cut short at every operation, and overtaken by a start at every one: what the
// record names is there, no state of an open trial is lost, and the next cleaning finishes.
#include <set>

#include "core/process.hpp"

#include "sweep/journal.hpp"
#include "sweep/trial_files.hpp"

#include "commands/clean_files.hpp"
#include "commands/cleaning.hpp"
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

commands::CleanRules rules() {
    return {results::parse_weight_rule("best_per:dataset"), false, true};
}

FileRef put(const fs::path& sweep, const std::string& name) {
    core::create_directories((sweep / name).parent_path());
    core::write_file(sweep / name, "content of " + name);
    return file_reference(sweep, name, name);
}

// A sweep in which every kind of trial has files: a finished one whose weights are the best, one
// whose are not, a failed one and one that waits, each with a state, and litter of all of them.
class Scene {
  public:
    explicit Scene(fs::path sweep) : sweep_(std::move(sweep)) {
        core::create_directories(sweep_);
        auto writer = JournalWriter::start(sweep_, tests::started(), [](const Event&) {});
        std::vector<PlannedTrial> trials;
        for (int seed = 1; seed <= 4; ++seed) {
            trials.push_back(tests::planned_trial(seed));
            ids_.push_back(trial_id(trials.back().spec));
        }
        std::vector<Event> events{tests::planned(trials)};
        finish(events, 1, ids_[0], 0.9);
        finish(events, 2, ids_[1], 0.6);
        save(events, 3, ids_[2]);
        events.push_back(tests::attempt_ended(3, Crashed{11, 0}));
        events.push_back(TrialFailed{{}, ids_[2], "why"});
        save(events, 4, ids_[3]);
        events.push_back(tests::attempt_ended(4, Drained{}));
        events.push_back(Closed{{}, "drained"});
        REQUIRE(writer->append(events));
        results::publish(sweep_);
        results::publish(sweep_);
        core::create_directories(sweep_ / "logs");
        core::append_to_file(sweep_ / "logs/trainer-0-0.log", "text\n");
    }

    const std::vector<TrialId>& ids() const { return ids_; }

  private:
    void finish(std::vector<Event>& events, std::uint64_t cohort, const TrialId& id, double auc) {
        events.push_back(tests::attempt_started(cohort, id));
        auto event = tests::save_recorded(cohort, id, 1);
        auto& member = event.save.members[0];
        member.files.clear();
        auto& result = member.result.emplace();
        result.best = member.best;
        result.best->validation.auc = auc;
        result.weights = put(sweep_, plain_file(id, "best"));
        result.predictions = put(sweep_, plain_file(id, "predictions"));
        put(sweep_, numbered_file(id, 1, 1, "state"));
        events.push_back(event);
        events.push_back(tests::attempt_ended(cohort, Completed{}));
    }
    void save(std::vector<Event>& events, std::uint64_t cohort, const TrialId& id) {
        events.push_back(tests::attempt_started(cohort, id));
        auto event = tests::save_recorded(cohort, id, 1);
        put(sweep_, numbered_file(id, 1, 1, "state"));
        event.save.members[0].files = {put(sweep_, numbered_file(id, 1, 2, "state")),
                                       put(sweep_, numbered_file(id, 1, 2, "best"))};
        events.push_back(event);
    }

    fs::path sweep_;
    std::vector<TrialId> ids_;
};

// What a start of that process knows when it begins.
Record start(const fs::path& sweep, pid_t pid) {
    Record record;
    auto started = tests::started();
    started.host = core::host_name();
    started.pid = pid;
    REQUIRE(JournalWriter::start(sweep, started, [&](const Event& event) { record.apply(event); }));
    return record;
}

void check_named_files(const fs::path& sweep, const Record& record) {
    REQUIRE(record.trials().size() == 4);
    for (const auto& trial : record.trials()) {
        INFO("trial " << trial.id.text() << ", " << name_of(trial.state));
        MemberSave named;
        named.files = trial.files;
        if (const auto* done = std::get_if<Done>(&trial.state)) {
            named.result = done->result;
        }
        CHECK(holds_files(sweep, named));
    }
    const auto& open = record.trials()[3];
    CHECK(name_of(open.state) == "waiting");
    CHECK(open.files.size() == 2);
    CHECK(std::get<Done>(record.trials()[0].state).result.weights.name != "");
}

void check_named_files(const fs::path& sweep) {
    check_named_files(sweep, read_record(sweep));
}

std::set<std::string> names_of(const fs::path& sweep) {
    std::set<std::string> names;
    for (const auto& file : commands::files_of(sweep)) {
        names.insert(file.name);
    }
    return names;
}

// What stays in trials/ once everything is freed.
std::set<std::string> expected(const Scene& scene) {
    const auto& ids = scene.ids();
    return {plain_file(ids[0], "best"), plain_file(ids[0], "predictions"),
            plain_file(ids[1], "predictions"), numbered_file(ids[3], 1, 2, "state"),
            numbered_file(ids[3], 1, 2, "best")};
}

void check_clean(const fs::path& sweep, const Scene& scene) {
    auto names = names_of(sweep);
    std::erase_if(names, [](const std::string& name) { return !name.starts_with("trials/"); });
    CHECK(names == expected(scene));
    CHECK_FALSE(fs::exists(sweep / "results.previous.h5"));
    const auto trials = results::read_table(sweep / "results.h5", "trials");
    CHECK(results::text_of(trials.at("weights").at(0)) == plain_file(scene.ids()[0], "best"));
    CHECK(results::text_of(trials.at("weights").at(1)).empty());
    CHECK(results::text_of(trials.at("predictions").at(1)) ==
          plain_file(scene.ids()[1], "predictions"));
}

}  // namespace

TEST_CASE("a cleaning cut short at any operation loses nothing, and the next one finishes") {
    Cuts cuts;
    const auto sweep = cuts.root() / "sweep";
    const Scene scene(sweep);
    cuts.faults().mark("begun");
    const auto cleaned = commands::clean_sweep(sweep, rules(), kSilent);
    CHECK(cleaned.message == "");
    CHECK(cleaned.freed.of(commands::CleanKind::weights).files == 1);
    CHECK(cleaned.freed.of(commands::CleanKind::states).files == 4);
    CHECK(cleaned.freed.of(commands::CleanKind::superseded).files == 2);
    CHECK(cleaned.freed.of(commands::CleanKind::logs).files == 0);  // one crashed in it
    check_named_files(sweep);
    check_clean(sweep, scene);
    cuts.each(4, [&](const fs::path& disk, std::size_t marks) {
        if (marks == 0) {
            return;
        }
        const auto after = disk / "sweep";
        check_named_files(after);
        CHECK(commands::clean_sweep(after, rules(), kSilent).message == "");
        check_named_files(after);
        check_clean(after, scene);
    });
}

TEST_CASE("a start that begins at any moment of a cleaning misses nothing") {
    // It runs on, as a process of this program's name.
    const auto other = core::fork_child([] {
        core::sleep_for(core::Seconds(300));
        return 0;
    });
    for (const auto kind : {Operation::Kind::unlink, Operation::Kind::sync}) {
        std::optional<Record> taken;
        std::uint64_t n = 0;
        std::int64_t segment = 0;
        do {
            const TemporaryDirectory directory;
            const auto sweep = directory / "sweep";
            const Scene scene(sweep);
            taken.reset();
            {
                FaultyFiles faults(sweep);
                faults.before(kind, n++, [&] {
                    taken = start(sweep, other.pid());
                    segment = highest_segment(sweep);
                });
                commands::clean_sweep(sweep, rules(), kSilent);
            }
            INFO("before operation " << n << " of its kind");
            check_named_files(sweep);
            if (taken) {
                check_named_files(sweep, *taken);
                CHECK(highest_segment(sweep) == segment);  // it was not overtaken
            }
        } while (taken);
        CHECK(n > 5);
    }
}

TEST_CASE("a cleaning on a disk that is full from the n-th write on frees what needs no record") {
    for (std::uint64_t n = 0; n < 12; ++n) {
        const TemporaryDirectory directory;
        const auto sweep = directory / "sweep";
        const Scene scene(sweep);
        commands::Cleaned cleaned;
        {
            FaultyFiles faults(sweep);
            faults.fail(Operation::Kind::write, n, ENOSPC, true);
            cleaned = commands::clean_sweep(sweep, rules(), kSilent);
            INFO(faults.failed());
            CHECK(cleaned.exit_code == (faults.failed().empty() ? 0 : 74));
        }
        CHECK(cleaned.freed.of(commands::CleanKind::superseded).files == 2);
        CHECK(cleaned.freed.of(commands::CleanKind::store).files == 1);
        check_named_files(sweep);
        CHECK(commands::clean_sweep(sweep, rules(), kSilent).message == "");
        check_clean(sweep, scene);
    }
}
