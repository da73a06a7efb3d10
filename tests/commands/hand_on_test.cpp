// SPDX-License-Identifier: Apache-2.0
#include "commands/hand_on.hpp"

#include <csignal>

#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "results/store.hpp"
#include "results/tables.hpp"
#include "support/catch.hpp"
#include "support/kept_predictions.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

namespace {

namespace fs = std::filesystem;

// Three finished trials with their predictions, and one that waits.
struct Study {
    Study() {
        for (int seed = 1; seed <= 3; ++seed) {
            const auto trial = builder.plan(tests::planned("mobilenet", "retina", "random", seed));
            tests::finish_with_predictions(builder, sweep(), trial, tests::kept_predictions());
            trials.push_back(trial);
        }
        builder.plan(tests::planned("mobilenet", "retina", "random", 4));
        for (const auto& trial : builder.record().trials()) {
            chosen.insert(trial.id.text());
        }
        live = {sweep(), builder.record(), {}};
    }
    fs::path sweep() const { return directory / "s"; }
    fs::path file() const { return directory / "out" / "all.h5"; }
    fs::path predictions(std::size_t trial) const {
        return sweep() / sweep::plain_file(trials[trial], "predictions");
    }
    HandedOn write(bool replace = false) const {
        return write(replace, [](auto, auto) {});
    }
    HandedOn write(bool replace, const std::function<void(std::size_t, std::size_t)>& seen) const {
        const KeptFiles files(live, std::nullopt);
        return hand_on({file(),
                        replace,
                        builder.record(),
                        {1, 100},
                        files,
                        chosen,
                        {results::trials_table(builder.record())}},
                       seen);
    }
    bool has(std::size_t trial) const {
        return core::h5::File::open(file()).has("/predictions/" + trials[trial].text());
    }
    // What is in the folder beside the file.
    std::vector<std::string> written() const {
        std::vector<std::string> names;
        std::error_code none;
        for (const auto& entry : fs::directory_iterator(directory / "out", none)) {
            names.push_back(entry.path().filename());
        }
        return names;
    }

    tests::TemporaryDirectory directory;
    tests::RecordBuilder builder;
    std::vector<sweep::TrialId> trials;
    std::set<std::string> chosen;
    Live live;
};

void cut(const fs::path& path, std::uintmax_t bytes) {
    fs::resize_file(path, bytes);
}

}  // namespace

TEST_CASE("every chosen trial with a result is handed on") {
    Study study;
    study.chosen.erase(study.trials[1].text());
    std::vector<std::size_t> heard;
    const auto done = study.write(false, [&](auto count, auto all) {
        heard.push_back(count);
        CHECK(all == 2);
    });
    CHECK(done.results == 2);
    CHECK(done.missing.empty());
    CHECK(done.bytes == fs::file_size(study.file()));
    CHECK(study.has(0));
    CHECK_FALSE(study.has(1));
    CHECK(heard == std::vector<std::size_t>{1, 2});
    CHECK(study.written() == std::vector<std::string>{"all.h5"});
}

TEST_CASE("predictions cut short anywhere, changed or gone are named, and the rest is written") {
    const Study study;
    const auto bytes = fs::file_size(study.predictions(0));
    for (const auto kept : {bytes - 1, bytes / 2, std::uintmax_t{9}, std::uintmax_t{0}}) {
        cut(study.predictions(0), kept);
        const auto done = study.write(true);
        CHECK(done.results == 2);
        REQUIRE(done.missing.size() == 1);
        CHECK_THAT(done.missing[0].trial,
                   ContainsSubstring(study.trials[0].text() + " (mobilenet"));
        CHECK_THAT(done.missing[0].problem,
                   ContainsSubstring("do not have their recorded content") &&
                       ContainsSubstring("graft verify"));
        CHECK_FALSE(study.has(0));
        CHECK(study.has(1));
    }
    core::remove_file(study.predictions(0));
    core::remove_file(study.predictions(2));
    fs::create_directory(study.predictions(2));
    const auto done = study.write(true);
    REQUIRE(done.missing.size() == 2);
    CHECK_THAT(done.missing[0].problem, ContainsSubstring("are not there"));
    CHECK(study.has(1));
    const auto contents = results::read_table(study.file(), "contents");
    CHECK(results::text_of(contents.at("problem").at(0)) == done.missing[0].problem);
}

TEST_CASE("predictions that were recorded cut short are named, too") {
    Study study;
    const auto trial = study.builder.plan(tests::planned("mobilenet", "retina", "random", 5));
    auto kept = tests::kept_predictions();
    kept.test.labels[0] = 7;  // no such class: what HDF5 reads well is looked at, too
    tests::finish_with_predictions(study.builder, study.sweep(), trial, kept);
    study.chosen.insert(trial.text());
    const auto done = study.write();
    REQUIRE(done.missing.size() == 1);
    CHECK_THAT(done.missing[0].problem, ContainsSubstring("a label names no class"));
    CHECK(done.results == 3);
}

TEST_CASE("predictions that have not got their plain name yet are found") {
    const Study study;
    fs::rename(study.predictions(1),
               study.sweep() / sweep::numbered_file(study.trials[1], 1, 1, "predictions"));
    CHECK(study.write().missing.empty());
    CHECK(study.has(1));
}

TEST_CASE("a trial that diverged before its first validation is not missed") {
    Study study;
    const auto trial = study.builder.plan(tests::planned("mobilenet", "retina", "random", 5));
    study.builder.diverge(trial, NAN);
    study.chosen.insert(trial.text());
    const auto done = study.write();
    CHECK(done.without == 1);
    CHECK(done.missing.empty());
    CHECK_THAT(hand_on_text(done, "all.h5"),
               ContainsSubstring("1 trial diverged before the first validation and has no"));
}

TEST_CASE("only what an earlier export made is replaced, and only when asked") {
    const Study study;
    study.write();
    CHECK_THROWS_WITH(study.write(),
                      ContainsSubstring("is there already") && ContainsSubstring("--force"));
    study.write(true);
    core::write_file(study.file(), "a thesis");
    CHECK_THROWS_WITH(study.write(true), ContainsSubstring("was not made by graft export --hdf5"));
    CHECK(core::read_file(study.file()) == "a thesis");
    CHECK_THROWS_WITH(check_hand_on("there/", false), ContainsSubstring("name of a folder"));
    CHECK_THROWS_AS(check_hand_on(study.sweep(), true), core::InputError);
}

TEST_CASE("a signal leaves nothing behind") {
    const Study study;
    try {
        study.write(false, [](auto, auto) { ::raise(SIGINT); });
        FAIL("it was not stopped");
    } catch (const core::Error& error) {
        CHECK(error.exit_code() == 75);
        CHECK_THAT(error.what(), ContainsSubstring("nothing was written"));
    }
    CHECK(study.written().empty());
}

TEST_CASE("of many trials without predictions the first are named") {
    HandedOn done;
    done.missing.assign(25, {"trial", "gone"});
    CHECK_THAT(hand_on_text(done, "all.h5"), ContainsSubstring("and 5 more: the table /contents"));
}

}  // namespace graft::commands
