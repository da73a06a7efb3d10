// SPDX-License-Identifier: Apache-2.0
// graft export of a sweep that ran.
#include "core/file.hpp"
#include "core/h5/file.hpp"

#include "commands/parts.hpp"
#include "end_to_end/small_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

std::int64_t entries_of(const fs::path& folder) {
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

}  // namespace

TEST_CASE("export writes event files and tables whole, and replaces its own folders only") {
    const SmallSweep small;
    CHECK(tests::graft({"run", small.file()}).code == 0);
    const auto runs = small.directory() / "runs";
    const auto tables = small.directory() / "tables";
    const auto both = tests::graft(
        {"export", small.sweep(), "--tensorboard", runs.string(), "--csv", tables.string() + "/"});
    INFO(both.output);
    CHECK(both.code == 0);
    CHECK(entries_of(runs) == 5);  // four trials, and the mark
    CHECK(core::read_file(tables / "trials.csv").starts_with("trial,network,dataset,"));
    const auto epochs = core::read_file(tables / "epochs.csv");
    CHECK(std::count(epochs.begin(), epochs.end(), '\n') == 1 + 4 * 3);

    const auto again = tests::graft({"export", small.sweep(), "--csv", tables.string()});
    CHECK(again.code == 2);
    CHECK_THAT(again.output, ContainsSubstring("is there already"));
    const auto few = tests::graft({"export", small.file(), "--csv", tables.string(), "--force",
                                   "--where", "freeze=50", "seed=2"});
    INFO(few.output);
    CHECK(few.code == 0);
    const auto fewer = core::read_file(tables / "epochs.csv");
    CHECK(std::count(fewer.begin(), fewer.end(), '\n') == 1 + 3);

    const auto images = small.directory() / "images";
    const auto foreign =
        tests::graft({"export", small.sweep(), "--csv", images.string(), "--force"});
    CHECK(foreign.code == 2);
    CHECK_THAT(foreign.output, ContainsSubstring("was not made by graft export"));
    CHECK(fs::exists(images));
    const auto none = tests::graft({"export", small.sweep(), "--csv",
                                    (small.directory() / "x").string(), "--where", "seed=9"});
    CHECK(none.code == 2);
    CHECK_FALSE(fs::exists(small.directory() / "x"));
}

TEST_CASE(
    "a file to hand on, and a report, have the trials of a divided sweep and name what is "
    "damaged") {
    const SmallSweep small(SmallSweep::kGrid,
                           "image_size = 16\nepochs = 1\nwarmup_epochs = 0\nbatch_size = 8\n");
    const auto parts = commands::make_parts(commands::load_study(small.file()), 2, false,
                                            [](const std::string&) {});
    REQUIRE(parts.directories.size() == 2);
    CHECK(tests::graft({"run", parts.directories[0].string()}).code == 0);
    const auto file = small.directory() / "all.h5";
    const auto one = tests::graft({"export", small.sweep(), "--hdf5", file.string()});
    INFO(one.output);
    CHECK(one.code == 0);
    const auto trials = core::h5::File::open(file).members("/predictions");
    REQUIRE(trials.size() == 2);

    const auto again = tests::graft({"export", small.sweep(), "--hdf5", file.string()});
    CHECK(again.code == 2);
    const auto kept = parts.directories[0] / "trials" / trials[0] / "predictions.h5";
    fs::resize_file(kept, fs::file_size(kept) / 2);
    const auto damaged =
        tests::graft({"export", small.sweep(), "--hdf5", file.string(), "--force"});
    INFO(damaged.output);
    CHECK(damaged.code == 1);
    CHECK_THAT(damaged.output, ContainsSubstring(trials[0]) && ContainsSubstring(kept.string()));
    CHECK(core::h5::File::open(file).members("/predictions") == std::vector{trials[1]});

    const auto report = tests::graft({"report", small.file()});
    INFO(report.output);
    CHECK(report.code == 0);
    CHECK_THAT(report.output, ContainsSubstring("report.html"));
    const auto page = core::read_file(small.sweep() + "/report.html");
    CHECK_THAT(page, ContainsSubstring("2 trials have not ended"));
    CHECK(fs::exists(fs::path(small.sweep()) / "figures" / "arms-drawn.svg"));
}

TEST_CASE("a report of what is no sweep, or to a place that is none, says what to do") {
    const auto none = tests::graft({"report", "/nowhere"});
    CHECK(none.code == 2);
    CHECK_THAT(none.output, ContainsSubstring("/nowhere"));
}

TEST_CASE("pictures of the augmentation and of the evidence are drawn and shown in the report") {
    const SmallSweep small;
    const auto preview = tests::graft({"prepare", small.file(), "--preview", "--images", "4"});
    INFO(preview.output);
    CHECK(preview.code == 0);
    CHECK_THAT(preview.output, ContainsSubstring("4 images as training sees them: "));
    REQUIRE(entries_of(small.directory() / "s/preview") == 1);  // nothing else is left
    CHECK(tests::graft({"run", small.file()}).code == 0);

    const auto report = tests::graft({"report", small.sweep(), "--saliency=3"});
    INFO(report.output);
    CHECK(report.code == 0);
    CHECK(entries_of(small.directory() / "s/saliency") == 1);
    const auto page = core::read_file(small.directory() / "s/report.html");
    CHECK_THAT(page, ContainsSubstring("Augmentation of ") &&
                         ContainsSubstring("Where the evidence lies"));
    const auto begin = page.find("data:image/png;base64,");
    REQUIRE(begin != std::string::npos);
    // The page holds the file, to the byte: the first bytes of any PNG.
    CHECK(page.substr(begin + 22, 11) == "iVBORw0KGgo");

    for (const auto& trial : fs::directory_iterator(small.directory() / "s/trials")) {
        std::ofstream(trial.path() / "best.h5", std::ios::app) << "x";
    }
    const auto changed = tests::graft({"report", small.sweep(), "--saliency"});
    CHECK_THAT(changed.output, ContainsSubstring("its best.h5 is gone, or not as recorded"));
    for (const auto& trial : fs::directory_iterator(small.directory() / "s/trials")) {
        const auto best = trial.path() / "best.h5";
        fs::resize_file(best, fs::file_size(best) - 1);
    }

    fs::remove_all(small.directory() / "prepared");
    const auto without = tests::graft({"report", small.sweep(), "--saliency"});
    INFO(without.output);
    CHECK(without.code == 0);
    CHECK_THAT(without.output, ContainsSubstring("its prepared images are gone"));
}
