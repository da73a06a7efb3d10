// SPDX-License-Identifier: Apache-2.0
// Cross-validation by the real programs.
#include <map>
#include <set>

#include "core/h5/file.hpp"

#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::numbers_of;
using tests::record_of;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

constexpr const char* kGrid =
    "folds = 3\n"
    "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n"
    "freeze = [0, 50]\nseed = [1, 2]\n";

std::vector<std::string> tested_by(const SmallSweep& small, const sweep::Trial& trial) {
    return core::h5::File::open(small.sweep() + "/trials/" + trial.id.text() + "/predictions.h5")
        .read_texts("/test/id");
}

std::vector<fs::path> prepared_files(const SmallSweep& small) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(small.directory() / "prepared")) {
        files.push_back(entry.path());
    }
    return files;
}

// What evaluation says of images that the networks of some folds have seen.
void check_evaluation(const SmallSweep& small) {
    const auto evaluated =
        tests::graft({"evaluate", small.sweep(), "--dataset", "drawn", "--split", "test"});
    CHECK(evaluated.code == 2);
    CHECK_THAT(evaluated.output, ContainsSubstring("has 3 folds, and no test part"));
    const auto file = small.directory() / "other.toml";
    core::write_file(file, "[datasets.again]\npath = \"images\"\nsplit_seed = 9\n");
    const auto known = tests::graft({"evaluate", small.sweep(), "--dataset", "again", "--from",
                                     file.string(), "--where", "freeze=0", "seed=1"});
    INFO(known.output);
    CHECK(known.code == 0);
    CHECK_THAT(known.output, ContainsSubstring("of the 40 images scored 40 are the very files of"));
    const auto own = tests::graft(
        {"evaluate", small.sweep(), "--dataset", "drawn", "--where", "freeze=0", "seed=1"});
    INFO(own.output);
    CHECK_THAT(own.output, ContainsSubstring("each network has seen most of the images"));
}

}  // namespace

TEST_CASE("every image is tested once with each setting and seed, from images prepared once") {
    const SmallSweep small(kGrid);
    const auto planned = tests::graft({"plan", small.file()});
    INFO(planned.output);
    CHECK_THAT(planned.output, ContainsSubstring("in each of 3 folds") &&
                                   ContainsSubstring("Seeds: 2 per point, each on 3 folds"));
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    CHECK(prepared_files(small).size() == 1);
    const auto record = record_of(small);
    REQUIRE(record.trials().size() == 12);
    std::map<std::pair<double, std::int64_t>, std::multiset<std::string>> tested;
    for (const auto& trial : record.trials()) {
        const auto ids = tested_by(small, trial);
        tested[{trial.spec.freeze, trial.spec.seed}].insert(ids.begin(), ids.end());
    }
    for (const auto& [setting, ids] : tested) {
        CHECK(ids.size() == 40);
        CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == 40);
    }
    const auto asked = tests::graft({"query", small.sweep(), "--group-by", "freeze"});
    CHECK_THAT(asked.output, ContainsSubstring("are no independent replicates"));
    const auto each = tests::graft({"query", small.sweep(), "--group-by", "freeze,fold"});
    CHECK(each.code == 0);
    CHECK_THAT(each.output, ContainsSubstring("fold"));
    const auto first = record.trials().front().id.text();
    CHECK_THAT(tests::graft({"explain", small.sweep(), first}).output,
               ContainsSubstring("seed 1, fold 1 of 3"));
    const auto verified = tests::graft({"verify", small.sweep(), first});
    INFO(verified.output);
    CHECK(verified.code == 0);
    check_evaluation(small);
    const auto reported = tests::graft({"report", small.sweep()});
    INFO(reported.output);
    CHECK(reported.code == 0);
    CHECK_THAT(core::read_file(small.sweep() + "/report.html"),
               ContainsSubstring("Folds of each setting and seed"));
}

TEST_CASE("folds come to a sweep that was prepared without them, and change none of its trials") {
    SmallSweep small("[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n");
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto before = numbers_of(small);
    const auto files = prepared_files(small);
    REQUIRE(files.size() == 1);
    const auto written = fs::last_write_time(files[0]);
    auto text = core::read_file(small.file());
    small.write(text + "[datasets.folded]\npath = \"images\"\nfolds = 2\n" +
                "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"folded\"\ninit = \"random\"\n"
                "fold = 2\n");
    const auto ran = tests::graft({"run", small.file()});
    INFO(ran.output);
    REQUIRE(ran.code == 0);
    CHECK(prepared_files(small).size() == 2);  // of each name
    CHECK(fs::last_write_time(files[0]) == written);
    const auto after = numbers_of(small);
    CHECK(after.substr(0, before.size()) == before);
    const auto record = record_of(small);
    REQUIRE(record.trials().size() == 2);
    CHECK(record.trials()[1].spec->fold == sweep::Fold{2, 2, 0});
    CHECK(tested_by(small, record.trials()[1]).size() == 20);
}

TEST_CASE("trials on folds that were interrupted leave the same bits") {
    const SmallSweep small(kGrid), whole(kGrid);
    {
        auto child = tests::start(small);
        tests::wait_until(small, [](const sweep::Record& record) {
            return std::any_of(record.trials().begin(), record.trials().end(),
                               [](const auto& trial) { return !trial.attempts.empty(); });
        });
        child.signal(2);
        CHECK(std::get<core::Exited>(child.wait()).code == 75);
    }
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    REQUIRE(tests::graft({"run", whole.file()}).code == 0);
    CHECK(numbers_of(small) == numbers_of(whole));
}

TEST_CASE("folds of images that are divided already are refused, with what to write") {
    SmallSweep small(kGrid);
    const auto images = small.directory() / "images";
    for (const auto* part : {"train", "valid", "test"}) {
        fs::create_directories(small.directory() / "divided" / part);
        fs::copy(images, small.directory() / "divided" / part, fs::copy_options::recursive);
    }
    auto text = core::read_file(small.file());
    text.replace(text.find("path = \"images\""), 15, "path = \"divided\"");
    small.write(text);
    const auto planned = tests::graft({"check", small.file()});
    INFO(planned.output);
    CHECK(planned.code != 0);
    CHECK_THAT(planned.output, ContainsSubstring("images that are divided already") &&
                                   ContainsSubstring("images = \"*/{class}/{id}.*\""));
}
