// SPDX-License-Identifier: Apache-2.0
#include "commands/file_check.hpp"

#include <fstream>

#include "core/file.hpp"
#include "core/hash.hpp"

#include "sweep/trial_files.hpp"

#include "results/store.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::commands {

namespace {

namespace fs = std::filesystem;

// A sweep of one finished trial and one that waits with a state, and their files.
class Sweep {
  public:
    Sweep() {
        done = builder_.plan(tests::planned());
        const auto cohort = builder_.start({done});
        auto save = save_of(cohort, done);
        auto& result = save.save.members[0].result.emplace();
        result.weights = put(sweep::plain_file(done, "best"), "best");
        result.predictions = put(sweep::plain_file(done, "predictions"), "scores");
        builder_.apply(save);
        builder_.end(cohort, sweep::Completed{});
        waiting = builder_.plan(tests::planned("mobilenet", "retina", "random", 2));
        const auto second = builder_.start({waiting});
        save = save_of(second, waiting);
        save.save.members[0].files = {put(sweep::numbered_file(waiting, 1, 1, "state"), "moments")};
        builder_.apply(save);
        builder_.end(second, sweep::Drained{});
        results::write_store(record(), kEnd, results::store_path(directory.path()));
    }
    sweep::FileRef put(const std::string& name, const std::string& content) const {
        core::create_directories((directory / name).parent_path());
        core::write_file(directory / name, content);
        return {name, content.size(), core::content_hash(content)};
    }
    const sweep::Record& record() const { return builder_.record(); }
    void apply(const sweep::Event& event) { builder_.apply(event); }
    CheckedSweep checked() const { return {directory.path(), "study", &record()}; }
    // Findings in the files of all trials.
    std::vector<Finding> findings() const { return check(checked()).findings; }
    static FileCheck check(const CheckedSweep& sweep) {
        FileCheck check;
        for (const auto& trial : sweep.record->trials()) {
            check_trial_files(sweep, trial, check);
        }
        return check;
    }

    static constexpr sweep::JournalEnd kEnd{1, 100};
    tests::TemporaryDirectory directory;
    sweep::TrialId done, waiting;

  private:
    static sweep::SaveRecorded save_of(sweep::CohortId cohort, const sweep::TrialId& id) {
        sweep::SaveRecorded save;
        save.save.cohort = cohort;
        save.save.save = 1;
        save.save.members.emplace_back().trial = id;
        return save;
    }
    tests::RecordBuilder builder_;
};

}  // namespace

TEST_CASE("whole files of a sweep are counted, and nothing is said of them") {
    const Sweep sweep;
    const auto check = Sweep::check(sweep.checked());
    CHECK(check.findings.empty());
    CHECK(check.results == 2);
    CHECK(check.states == 1);
    CHECK(check.bytes == 4 + 6 + 7);
    CHECK_THAT(check_text(check), ContainsSubstring("Looked at 2 result files and 1 file to go on "
                                                    "from"));
    CHECK_THAT(check_text(check), ContainsSubstring("Everything is there"));
}

TEST_CASE("a flipped byte, a missing state and an unreadable file are named with what to do") {
    const Sweep sweep;
    sweep.put(sweep::plain_file(sweep.done, "best"), "bost");
    core::remove_file(sweep.directory / sweep::numbered_file(sweep.waiting, 1, 1, "state"));
    core::remove_file(sweep.directory / sweep::plain_file(sweep.done, "predictions"));
    fs::create_directory(sweep.directory / sweep::plain_file(sweep.done, "predictions"));
    const auto findings = sweep.findings();
    REQUIRE(findings.size() == 3);
    CHECK(findings[0].file == sweep::plain_file(sweep.done, "best"));
    CHECK_THAT(findings[0].problem, ContainsSubstring("does not have its recorded content"));
    CHECK_THAT(findings[0].advice,
               ContainsSubstring("graft verify study " + sweep.done.text() + " --keep"));
    CHECK(findings[1].file == sweep::plain_file(sweep.done, "predictions"));
    CHECK(findings[2].problem == "is not there");
    CHECK_THAT(findings[2].advice, ContainsSubstring("graft retry study --trial"));
    const auto text = check_text(Sweep::check(sweep.checked()));
    CHECK_THAT(text, ContainsSubstring("3 are not as recorded.\n"));
}

TEST_CASE("weights that were freed are not missed") {
    Sweep sweep;
    core::remove_file(sweep.directory / sweep::plain_file(sweep.done, "best"));
    CHECK(sweep.findings().size() == 1);
    sweep.apply(sweep::FilesFreed{{}, sweep.done, sweep::Freed::weights});
    const auto check = Sweep::check(sweep.checked());
    CHECK(check.findings.empty());
    CHECK(check.results == 1);
}

TEST_CASE("a store that says the same as the journal is told from one that does not") {
    const Sweep sweep;
    const auto problem = [&](const CheckedSweep& checked, sweep::JournalEnd end) {
        FileCheck check;
        check_store(checked, end, check);
        CHECK(check.store);
        return check.findings.empty() ? std::string() : check.findings[0].problem;
    };
    CHECK(problem(sweep.checked(), Sweep::kEnd).empty());
    CHECK_THAT(problem(sweep.checked(), {1, 101}), ContainsSubstring("the whole journal"));
    tests::RecordBuilder other;
    other.finish(other.plan(tests::planned()), 0.8, 0.8);
    auto checked = sweep.checked();
    checked.record = &other.record();
    CHECK_THAT(problem(checked, Sweep::kEnd), ContainsSubstring("table /trials"));
    const auto path = results::store_path(sweep.directory.path());
    core::write_file(path, "no HDF5");
    CHECK_THAT(problem(sweep.checked(), Sweep::kEnd), ContainsSubstring("cannot be checked"));
    core::remove_file(path);
    CHECK(problem(sweep.checked(), Sweep::kEnd) == "is not there");
}

}  // namespace graft::commands
