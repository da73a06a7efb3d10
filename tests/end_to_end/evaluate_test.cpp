// SPDX-License-Identifier: Apache-2.0
// graft evaluate of a sweep that ran.
#include <csignal>

#include "core/h5/file.hpp"

#include "end_to_end/running_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

std::vector<fs::path> files_of(const fs::path& folder) {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.is_regular_file()) {
            files.push_back(entry.path());
        }
    }
    return files;
}

// 30 pictures of each class that the sweep has not seen, called otherwise.
std::string write_elsewhere(const SmallSweep& small) {
    for (int i = 0; i < 60; ++i) {
        tests::write_picture(small.directory() / "elsewhere" / (i % 2 == 0 ? "left" : "right") /
                                 fmt::format("{}.tif", i),
                             24, i % 2, static_cast<std::uint64_t>(1000 + i));
    }
    const auto file = small.directory() / "other.toml";
    core::write_file(file,
                     "[datasets.elsewhere]\npath = \"elsewhere\"\n"
                     "map_labels = { left = \"a\", right = \"b\" }\n"
                     "[datasets.unnamed]\npath = \"elsewhere\"\n");
    return file.string();
}

// Kills a `graft evaluate` whose trainer has just been started.
void kill_while_it_scores(const SmallSweep& small, const std::string& from) {
    const auto external = small.directory() / "s/external";
    const auto folders = [&] {
        return std::distance(fs::directory_iterator(external), fs::directory_iterator());
    };
    const auto before = folders();
    core::Spawn spawn;
    spawn.arguments = {(tests::programs() / "graft").string(),
                       "evaluate",
                       small.sweep(),
                       "--from",
                       from,
                       "--dataset",
                       "elsewhere"};
    auto child = core::spawn(spawn);
    while (folders() == before && !child.try_reap()) {
        core::sleep_for(core::Seconds(0.01));
    }
    core::sleep_for(core::Seconds(0.1));
    REQUIRE_FALSE(child.try_reap());
    child.signal_group(SIGKILL);
    child.wait();
}

}  // namespace

TEST_CASE("best checkpoints are scored on other images, once, and on their own to the bit") {
    const SmallSweep small;
    REQUIRE(tests::graft({"run", small.file()}).code == 0);
    const auto own = tests::graft({"evaluate", small.sweep(), "--dataset", "drawn", "--split",
                                   "test", "--threads", "1", "--processes", "3"});
    INFO(own.output);
    CHECK(own.code == 0);
    CHECK_THAT(own.output, ContainsSubstring("its test part is the internal one"));
    const auto own_files = files_of(small.directory() / "s/external");
    REQUIRE(own_files.size() == 4);
    for (const auto& path : own_files) {
        const auto scored = core::h5::File::open(path);
        const auto kept =
            core::h5::File::open(small.directory() / "s/trials" / path.stem() / "predictions.h5");
        CHECK(scored.read<float>("/test/scores") == kept.read<float>("/test/scores"));
    }

    const auto from = write_elsewhere(small);
    const auto other = [&](std::vector<std::string> more) {
        std::vector<std::string> arguments{"evaluate", small.sweep(), "--from", from, "--dataset"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return tests::graft(arguments);
    };
    const auto unnamed = other({"unnamed"});
    CHECK(unnamed.code == 2);
    CHECK_THAT(unnamed.output, ContainsSubstring("'left', 'right' are unknown"));
    kill_while_it_scores(small, from);
    for (const auto& path : files_of(small.directory() / "s/external")) {
        CHECK(path.extension() == ".h5");
    }
    // One trial has lost its weights.
    const auto gone = own_files[0].stem();
    fs::rename(small.directory() / "s/trials" / gone / "best.h5", small.directory() / "aside.h5");
    const auto few = other({"elsewhere"});
    INFO(few.output);
    CHECK(few.code == 0);
    CHECK_THAT(few.output, ContainsSubstring("1 trial not scored") &&
                               ContainsSubstring(gone.string()) &&
                               ContainsSubstring("all 60 images of 'elsewhere' (a: 30, b: 30)"));
    CHECK(files_of(small.directory() / "s/external").size() == 4 + 3);

    fs::rename(small.directory() / "aside.h5", small.directory() / "s/trials" / gone / "best.h5");
    CHECK_THAT(other({"elsewhere"}).output, ContainsSubstring("Scoring 1 checkpoint on"));
    const auto all = other({"elsewhere", "--format", "csv"});
    CHECK_THAT(all.output, StartsWith("network,dataset,init,freeze,n,test_auc_internal_mean"));
    CHECK(std::count(all.output.begin(), all.output.end(), '\n') == 1 + 2);
    const auto clean = tests::graft({"clean", small.sweep(), "--dry-run"});
    CHECK_THAT(clean.output, !ContainsSubstring("external"));
    CHECK(tests::graft({"run", small.file()}).code == 0);
}
