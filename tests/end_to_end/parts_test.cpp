// SPDX-License-Identifier: Apache-2.0
// A sweep divided into parts, trained part by part, and merged: the numbers of one that was not.
#include "commands/parts.hpp"

#include <map>

#include "core/file.hpp"

#include "sweep/trial_list.hpp"

#include "end_to_end/running_sweep.hpp"
#include "results/comparison.hpp"
#include "results/store.hpp"

using namespace graft;
using tests::record_of;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

// Four trials: two freeze levels of two seeds.
constexpr const char* kQuick =
    "image_size = 16\nepochs = 1\nwarmup_epochs = 0\nlearning_rate = 1e-3\nbatch_size = 8\n";
constexpr const char* kThreeSeeds =
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "freeze = [0, 50]\nseed = [1, 2, 3]\n";

std::vector<fs::path> divide(const SmallSweep& small, std::size_t parts) {
    const auto study = commands::load_study(small.file());
    return commands::make_parts(study, parts, false, [](const std::string&) {}).directories;
}

int code_of(const std::vector<std::string>& arguments) {
    const auto ran = tests::graft(arguments);
    INFO(ran.output);
    CHECK(ran.code == 0);
    return ran.code;
}

// A table without what no two runs have alike.
results::Table timeless(const fs::path& sweep, const std::string& name) {
    auto table = results::read_table(sweep / "results.h5", name);
    std::erase_if(table.columns, [](const results::Column& column) {
        return column.name == "seconds" || column.name == "images_per_second" ||
               column.name == "prepared" || column.name == "ready";
    });
    return table;
}

void check_equal(const fs::path& one, const fs::path& other) {
    for (const char* name : {"trials", "epochs", "datasets"}) {
        INFO("table " << name);
        const auto left = timeless(one, name), right = timeless(other, name);
        REQUIRE_FALSE(results::shape_difference(left, right));
        CHECK(results::differences(left, right, 1).empty());
    }
    for (const auto& entry : fs::directory_iterator(one / "trials")) {
        for (const char* file : {"best.h5", "predictions.h5"}) {
            const auto twin = other / "trials" / entry.path().filename() / file;
            CHECK(core::read_file(entry.path() / file) == core::read_file(twin));
        }
    }
}

// Every name, with when it was written.
std::map<fs::path, fs::file_time_type> written_in(const fs::path& directory) {
    std::map<fs::path, fs::file_time_type> written{{directory, fs::last_write_time(directory)}};
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        written.emplace(entry.path(), entry.last_write_time());
    }
    return written;
}

std::string query(const fs::path& sweep) {
    const auto answer = tests::graft({"query", sweep.string(), "--format", "csv"});
    CHECK(answer.code == 0);
    return answer.output;
}

}  // namespace

TEST_CASE("three parts, merged, are one sweep: every row and file to the bit") {
    const SmallSweep whole(kThreeSeeds, kQuick);
    const SmallSweep divided(kThreeSeeds, kQuick);
    REQUIRE(code_of({"run", whole.file()}) == 0);
    const auto parts = divide(divided, 3);
    REQUIRE(parts.size() == 3);
    const auto refused = tests::graft({"run", divided.file()});
    CHECK(refused.code == 2);
    CHECK_THAT(refused.output, ContainsSubstring("3 parts train its trials"));
    for (const auto& part : parts) {
        REQUIRE(code_of({"run", part.string()}) == 0);
    }
    // Prepared once, beside the sweep file.
    CHECK(fs::exists(divided.directory() / "prepared"));
    CHECK_FALSE(fs::exists(parts[0] / "prepared"));
    // Before the merge, too, the whole can be asked.
    CHECK(query(divided.sweep()) == query(whole.sweep()));
    const auto status = tests::graft({"status", divided.sweep()});
    CHECK_THAT(status.output, ContainsSubstring("6 of 6 trials ended") &&
                                  ContainsSubstring("divided into 3 parts") &&
                                  ContainsSubstring("Next: graft merge"));
    const auto merged = tests::graft({"merge", divided.sweep()});
    INFO(merged.output);
    CHECK(merged.code == 0);
    CHECK_THAT(merged.output, ContainsSubstring("Parts 01, 02, 03 train no more") &&
                                  ContainsSubstring("6 of 6 trials have results"));
    CHECK(query(divided.sweep()) == query(whole.sweep()));
    check_equal(whole.sweep(), divided.sweep());
    // Nothing is left to do: for the sweep, for a part, and for another merge.
    const auto cohorts = record_of(divided).next_cohort();
    CHECK(code_of({"run", divided.file()}) == 0);
    CHECK(record_of(divided).next_cohort() == cohorts);
    CHECK(tests::graft({"run", parts[0].string()}).code == 2);
    CHECK_THAT(tests::graft({"merge", divided.sweep()}).output,
               ContainsSubstring("0 results taken, 2 here already, equal to the bit"));
}

TEST_CASE("results of half-finished parts are taken, and the sweep trains the rest itself") {
    const SmallSweep small(SmallSweep::kGrid, kQuick);
    const auto parts = divide(small, 2);
    REQUIRE(code_of({"run", parts[1].string()}) == 0);
    const auto kept = tests::graft({"merge", small.sweep()});
    CHECK_THAT(kept.output, ContainsSubstring("Part 02 trains no more.\n1 part goes on"));
    const auto status = tests::graft({"status", small.sweep(), "--json"});
    CHECK_THAT(status.output, ContainsSubstring(R"("total": 4, "done": 2)") &&
                                  ContainsSubstring(R"("parts": [{"part": "01")"));
    const auto given_back = tests::graft({"merge", small.sweep(), "--dissolve"});
    CHECK_THAT(given_back.output,
               ContainsSubstring("2 trials without a result are the sweep's own again"));
    REQUIRE(code_of({"run", small.sweep()}) == 0);
    const auto record = record_of(small);
    for (const auto& trial : record.trials()) {
        CHECK(sweep::name_of(trial.state) == "done");
        CHECK(trial.attempts.size() == 1);
    }
}

TEST_CASE("another person's results are taken, and nothing is written there") {
    const SmallSweep theirs(SmallSweep::kGrid, kQuick), ours(SmallSweep::kGrid, kQuick);
    REQUIRE(code_of({"run", theirs.file()}) == 0);
    const auto before = written_in(theirs.sweep());
    const auto merged = tests::graft({"merge", theirs.sweep(), "--into", ours.file()});
    CHECK(written_in(theirs.sweep()) == before);
    INFO(merged.output);
    CHECK(merged.code == 0);
    CHECK_THAT(merged.output, ContainsSubstring("4 results taken"));
    check_equal(theirs.sweep(), ours.sweep());
    const auto itself = tests::graft({"merge", ours.sweep(), "--into", ours.file()});
    CHECK(itself.code == 2);
    CHECK_THAT(itself.output, ContainsSubstring("cannot be merged into itself"));
}

TEST_CASE("a sweep with a list of trials trains these alone") {
    SmallSweep small(SmallSweep::kGrid, kQuick);
    const auto plan = tests::graft({"plan", small.file(), "--trials"}).output;
    const auto first = plan.substr(0, plan.find('\n'));
    core::write_file(small.directory() / "mine.txt", first + "  # the first\n");
    small.write("[sweep]\ntrials = \"mine.txt\"\n" + core::read_file(small.file()));
    REQUIRE(code_of({"run", small.file()}) == 0);
    const auto record = record_of(small);
    REQUIRE(record.trials().size() == 1);
    CHECK(first.starts_with(record.trials()[0].id.text()));
    core::write_file(small.directory() / "mine.txt", "0123456789abcdef\n");
    const auto unknown = tests::graft({"run", small.file()});
    CHECK(unknown.code == 2);
    CHECK_THAT(unknown.output,
               ContainsSubstring("mine.txt:1: the grid has no trial '0123456789abcdef'"));
}
