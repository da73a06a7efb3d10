// SPDX-License-Identifier: Apache-2.0
// graft export of a sweep that ran.
#include "core/file.hpp"

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
