// SPDX-License-Identifier: Apache-2.0
#include "commands/parts.hpp"

#include <fstream>
#include <set>

#include "core/error.hpp"
#include "core/file.hpp"

#include "sweep/journal.hpp"

#include "commands/division_file.hpp"
#include "commands/hold.hpp"
#include "commands/whole.hpp"
#include "support/catch.hpp"
#include "support/pictures.hpp"
#include "support/specs.hpp"
#include "support/temporary.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

const auto kSilent = [](const std::string&) {};

// A sweep file over drawn pictures: two freeze levels of `seeds` seeds.
class Drawn {
  public:
    Drawn() { tests::write_class_folders(directory_ / "images", 10); }
    commands::Study study(int seeds, const std::string& more = "") const {
        std::string list = "1";
        for (int seed = 2; seed <= seeds; ++seed) {
            list += fmt::format(", {}", seed);
        }
        std::ofstream(directory_ / "s.toml")
            << more << "[training]\nimage_size = 16\nepochs = 2\n[datasets.drawn]\npath = "
            << "\"images\"\n[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\n"
            << "init = \"random\"\nfreeze = [0, 50]\nseed = [" << list << "]\n";
        return commands::load_study(directory_ / "s.toml");
    }
    fs::path sweep() const { return directory_ / "s"; }

  private:
    tests::TemporaryDirectory directory_;
};

std::set<sweep::TrialId> ids_of(const commands::Study& study) {
    std::set<sweep::TrialId> ids;
    for (const auto& trial : study.trials) {
        ids.insert(sweep::trial_id(trial.spec));
    }
    return ids;
}

commands::Parts divide(const commands::Study& study, std::size_t parts) {
    return commands::make_parts(study, parts, false, kSilent);
}

// What a start in a part does that finishes its first trial.
sweep::TrialId finish_first(const fs::path& part) {
    const auto study = commands::load_study(part);
    auto writer = sweep::JournalWriter::start(part, tests::started(), [](const auto&) {});
    auto planned = tests::planned(study.trials);
    const auto id = sweep::trial_id(study.trials[0].spec);
    auto save = tests::save_recorded(1, id, 1);
    save.save.members[0].result.emplace().test.auc = 0.75;
    REQUIRE(writer->append({planned, tests::attempt_started(1, id), save,
                            tests::attempt_ended(1, sweep::Completed{}),
                            sweep::Closed{{}, "drained"}}));
    return id;
}

}  // namespace

TEST_CASE("a part is a sweep of its own with some trials of the grid, and shares prepared data") {
    const Drawn drawn;
    const auto study = drawn.study(5);
    const auto parts = divide(study, 3);
    CHECK(parts.is_new);
    CHECK(parts.dealt == 10);
    CHECK(parts.imbalance == Approx(1.2));
    REQUIRE(parts.directories.size() == 3);
    CHECK(parts.directories[0] == drawn.sweep() / "parts/01");
    std::set<sweep::TrialId> all;
    for (const auto& directory : parts.directories) {
        const auto part = commands::load_study(directory);
        CHECK(part.file.name == "s");
        CHECK(part.file.output == directory);
        CHECK(part.file.run.prepared == study.file.run.prepared);
        CHECK_NOTHROW(commands::check_may_run(directory));
        for (const auto& id : ids_of(part)) {
            CHECK(all.insert(id).second);
        }
    }
    CHECK(all == ids_of(study));
    // The sweep's own record has the whole grid: it can be asked at once.
    const auto live = commands::read_live(drawn.sweep());
    CHECK(live.record.trials().size() == 10);
    CHECK(live.record.starts().back().closed->reason == sweep::kDivided);
    CHECK_FALSE(live.record.last_run());
}

TEST_CASE("what was dealt is not dealt again, for another number or another grid") {
    const Drawn drawn;
    divide(drawn.study(5), 3);
    const auto list = drawn.sweep() / "parts/02/trials.txt";
    const auto before = core::read_file(list);
    const auto again = divide(drawn.study(5), 3);
    CHECK_FALSE(again.is_new);
    CHECK(again.directories.size() == 3);
    CHECK(core::read_file(list) == before);
    CHECK_THROWS_WITH(divide(drawn.study(5), 4), ContainsSubstring("divided into 3 parts already, "
                                                                   "not 4") &&
                                                     ContainsSubstring("graft merge"));
    CHECK_THROWS_WITH(divide(drawn.study(6), 3),
                      ContainsSubstring("by another grid") && ContainsSubstring("--dissolve"));
    CHECK_THROWS_WITH(divide(drawn.study(5), 0), ContainsSubstring("0 parts"));
}

TEST_CASE("a changed setting reaches the parts, and keeps what their first start settled") {
    const Drawn drawn;
    const auto part = divide(drawn.study(5), 3).directories[1];
    auto file = commands::read_file(part);
    CHECK_FALSE(file.run.threads);
    file.run.threads = 3;  // as its first start does
    core::write_file(part / "sweep.toml", sweep::resolved_text(file));
    divide(drawn.study(5, "[run]\nlost_after = \"5 s\"\n"), 3);
    const auto now = commands::read_file(part);
    CHECK(now.run.lost_after_seconds == 5);
    CHECK(now.run.threads == 3);
}

TEST_CASE("no start trains in a divided sweep, nor in a part that was merged") {
    const Drawn drawn;
    const auto parts = divide(drawn.study(2), 2);
    CHECK_THROWS_WITH(commands::check_may_run(drawn.sweep()),
                      ContainsSubstring("is divided: 2 parts train its trials") &&
                          ContainsSubstring("graft merge"));
    CHECK_THROWS_AS(commands::check_may_run(drawn.sweep().string() + "/"), core::InputError);
    auto division = commands::read_division(drawn.sweep());
    division.merged = {division.open[0]};
    division.open.erase(division.open.begin());
    commands::write_division(drawn.sweep(), division);
    CHECK_THROWS_WITH(commands::check_may_run(parts.directories[0]),
                      ContainsSubstring("is a part that was merged"));
    CHECK_NOTHROW(commands::check_may_run(parts.directories[1]));
    CHECK(commands::parts_of(drawn.sweep()) == std::vector{parts.directories[1]});
}

TEST_CASE("trials with results in the sweep are in no part, and new parts get new numbers") {
    const Drawn drawn;
    const auto study = drawn.study(3);
    const auto first = divide(study, 3);
    const auto done = finish_first(first.directories[0]);
    {  // What graft merge does.
        auto division = commands::read_division(drawn.sweep());
        division.merged = division.open;
        division.open.clear();
        commands::write_division(drawn.sweep(), division);
        auto writer = sweep::JournalWriter::start(drawn.sweep(), tests::started(),
                                                  [](const sweep::Event&) {});
        auto save = tests::save_recorded(1, done, 1);
        save.save.members[0].result.emplace();
        REQUIRE(writer->append({tests::attempt_started(1, done), save,
                                tests::attempt_ended(1, sweep::Completed{}),
                                sweep::Closed{{}, "merged"}}));
    }
    const auto second = divide(study, 2);
    CHECK(second.is_new);
    CHECK(second.finished == 1);
    CHECK(second.dealt == 5);
    REQUIRE(second.directories.size() == 2);
    CHECK(second.directories[0].filename() == "04");
    for (const auto& directory : second.directories) {
        CHECK_FALSE(ids_of(commands::load_study(directory)).contains(done));
    }
}

TEST_CASE("a divided sweep is read as one: each trial once, a result before none") {
    const Drawn drawn;
    const auto parts = divide(drawn.study(3), 3);
    const auto done = finish_first(parts.directories[1]);
    CHECK_FALSE(commands::read_parts(commands::read_live(parts.directories[1])));
    const auto live = commands::read_live(drawn.sweep());
    const auto whole = commands::read_parts(live);
    REQUIRE(whole);
    REQUIRE(whole->parts.size() == 3);
    CHECK(whole->parts[0].trials == 2);
    CHECK_FALSE(whole->parts[0].live);
    CHECK(whole->parts[1].live);
    CHECK(whole->record.trials().size() == 6);
    for (const auto& trial : whole->record.trials()) {
        CHECK(sweep::name_of(trial.state) == (trial.id == done ? "done" : "waiting"));
    }
    CHECK(commands::part_with(live, done) == parts.directories[1]);
}

TEST_CASE("a division is written as text, and what is no part's name is no part") {
    const commands::DivisionFile division{3, "abc", {"02", "03"}, {"01"}};
    const auto again = commands::parse_division(commands::to_text(division));
    CHECK(again.asked == 3);
    CHECK(again.grid == "abc");
    CHECK(again.open == division.open);
    CHECK(again.merged == division.merged);
    CHECK(commands::parse_division("part ../../x\npart \nfuture 1\n").open.empty());
}
