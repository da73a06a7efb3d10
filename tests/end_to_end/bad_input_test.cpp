// SPDX-License-Identifier: Apache-2.0
// Bad input ends with exit code 2 and a message that names the problem and the fix; nothing is
// written over.
#include <fstream>

#include "core/file.hpp"

#include "models/weights.hpp"

#include "end_to_end/small_sweep.hpp"
#include "support/catch.hpp"

using namespace graft;
using tests::SmallSweep;
namespace fs = std::filesystem;

namespace {

void check_refused(const SmallSweep& sweep, const std::vector<std::string>& said,
                   const char* command = "run") {
    const auto ran = tests::graft({command, sweep.file()});
    CHECK(ran.code == 2);
    for (const auto& part : said) {
        CHECK_THAT(ran.output, ContainsSubstring(part));
    }
    CHECK_FALSE(fs::exists(sweep.directory() / "s" / "journal"));
}

}  // namespace

TEST_CASE("a wrong key is named with file, line and the nearest key") {
    SmallSweep sweep(SmallSweep::kGrid, "eppochs = 2\n");
    check_refused(sweep, {"s.toml:2: unknown key 'eppochs'", "Did you mean 'epochs'?"});
}

TEST_CASE("a wrong value is named with what is allowed") {
    SmallSweep sweep(SmallSweep::kGrid, "precision = \"half\"\n");
    check_refused(sweep, {"s.toml:2: 'precision' is 'half'", "float32, tf32, float16, bfloat16"});
}

TEST_CASE("an unknown network is named with the nearest") {
    SmallSweep sweep("[[grid]]\nnetwork = \"smal_cnn\"\ndataset = \"drawn\"\ninit = \"random\"\n");
    check_refused(sweep, {"'smal_cnn'", "Did you mean 'small_cnn'?"});
}

TEST_CASE("a missing image directory is named") {
    SmallSweep sweep;
    fs::rename(sweep.directory() / "images", sweep.directory() / "elsewhere");
    check_refused(sweep, {"images", "Check the path"});
}

TEST_CASE("an empty class is named") {
    SmallSweep sweep;
    fs::create_directories(sweep.directory() / "images" / "empty");
    check_refused(sweep, {"'empty'"});
}

TEST_CASE("a single class is nothing to learn") {
    SmallSweep sweep;
    fs::remove_all(sweep.directory() / "images" / "b");
    check_refused(sweep, {"class"});
}

TEST_CASE("labels without images and images without labels are listed") {
    SmallSweep sweep;
    fs::rename(sweep.directory() / "images" / "a", sweep.directory() / "flat");
    std::ofstream table(sweep.directory() / "labels.csv");
    table << "id,label\n";
    for (int i = 1; i < 20; ++i) {
        table << "p" << i << "," << i % 2 << "\n";
    }
    table << "nowhere,1\n";
    table.close();
    sweep.write(
        "[datasets.drawn]\npath = \".\"\nlabels = \"labels.csv\"\n"
        "images = \"flat/{id}.tif\"\n" +
        std::string(SmallSweep::kGrid));
    check_refused(sweep, {"nowhere", "p0", "on_bad_image"});
}

TEST_CASE("a text file named .png and a cut picture are listed, and nothing is trained") {
    SmallSweep sweep;
    std::ofstream(sweep.directory() / "images" / "a" / "notes.png") << "these are notes\n";
    const auto cut = sweep.directory() / "images" / "b" / "p3.tif";
    fs::resize_file(cut, fs::file_size(cut) / 2);
    const auto ran = tests::graft({"run", sweep.file()});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("notes.png"));
    CHECK_THAT(ran.output, ContainsSubstring("p3.tif"));
    CHECK_THAT(ran.output, ContainsSubstring("on_bad_image"));
    CHECK_FALSE(fs::exists(sweep.directory() / "s" / "trials"));
}

TEST_CASE("weights of another network name layer, expected and found shape") {
    SmallSweep sweep(
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\n"
        "init = \"other.h5\"\n");
    const auto other = models::build_network("mobilenet_0.25", 2);
    models::write_keras_weights(sweep.directory() / "other.h5", other,
                                models::make_weights(other, models::Init::random, nullptr, 100, 1));
    check_refused(sweep, {"other.h5", "mobilenet_0.25"});
}

TEST_CASE("a weight file that is not there is named with the place that asks for it") {
    SmallSweep sweep(
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\n"
        "init = \"gone.h5\"\n");
    check_refused(sweep, {"gone.h5", "no such file"});
}

TEST_CASE("a directory that holds another sweep, or no sweep, is left as it is") {
    SmallSweep sweep;
    fs::create_directories(sweep.sweep());
    std::ofstream(sweep.sweep() + "/thesis.txt") << "chapter one";
    check_refused(sweep, {"holds something else than a sweep", "--output"});
    CHECK(core::read_file(sweep.sweep() + "/thesis.txt") == "chapter one");
    std::ofstream(sweep.sweep() + "/sweep.toml")
        << "[sweep]\nname = \"first\"\n[datasets.d]\npath = \"p\"\n[[grid]]\nseed = 1\n";
    check_refused(sweep, {"holds the sweep 'first'"});
}

TEST_CASE("a place that cannot be written is named") {
    SmallSweep sweep;
    const auto ran = tests::graft({"run", sweep.file(), "--output", "/proc/sweep"});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("/proc/sweep"));
}

TEST_CASE("check says all problems at once") {
    SmallSweep sweep(
        "[[grid]]\nnetwork = \"small_cnn\"\ndataset = \"drawn\"\n"
        "init = [\"gone.h5\", \"imagenet\"]\n");
    fs::remove_all(sweep.directory() / "images");
    check_refused(sweep, {"images", "gone.h5", "[weights] \"small_cnn\"", "problems to mend"},
                  "check");
}

TEST_CASE("an unknown command and an unknown option name the nearest") {
    auto ran = tests::graft({"qurey"});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("Did you mean 'query'?"));
    ran = tests::graft({"plan", "--trails", "x"});
    CHECK(ran.code == 2);
    CHECK_THAT(ran.output, ContainsSubstring("Did you mean '--trials'?"));
}

TEST_CASE("query and status of a sweep that died before its first word say so") {
    SmallSweep sweep;
    fs::create_directories(sweep.sweep() + "/journal");
    std::ofstream(sweep.sweep() + "/journal/000001") << "graft";
    for (const char* command : {"query", "status", "stop", "retry"}) {
        const auto ran = tests::graft({command, sweep.file()});
        CHECK(ran.code == 2);
        CHECK_THAT(ran.output, ContainsSubstring("no start in the journal"));
    }
}

TEST_CASE("query and status of what is no sweep say so") {
    SmallSweep sweep;
    for (const char* command : {"query", "status"}) {
        const auto ran = tests::graft({command, (sweep.directory() / "images").string()});
        CHECK(ran.code == 2);
        CHECK_THAT(ran.output, ContainsSubstring("images"));
    }
}
