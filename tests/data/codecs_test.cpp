// SPDX-License-Identifier: Apache-2.0
// graft-prepare with its module of codecs installed, beside it, missing, or no module.
#include "data/codecs.hpp"

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include "core/process.hpp"

#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;
using tests::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

// Two folders of three pictures each; the first is of the one kind, the others of the other.
fs::path drawn(const fs::path& folder, const std::string& first, const std::string& others) {
    int number = 0;
    for (const std::string name : {"a", "b"}) {
        fs::create_directories(folder / name);
        for (int i = 0; i < 3; ++i, ++number) {
            const cv::Mat picture(16, 16, CV_8UC3, cv::Scalar(number, 40 * number, 7));
            const auto& extension = number == 0 ? first : others;
            cv::imwrite((folder / name / fmt::format("{}{}", i, extension)).string(), picture);
        }
    }
    return folder;
}

// A copy of graft-prepare under a prefix of its own, where each test puts a module or none.
class Installed {
  public:
    Installed() {
        fs::create_directories(directory_ / "bin");
        fs::create_directories(in_lib().parent_path());
        fs::copy_file(GRAFT_PREPARE_PROGRAM, program());
    }
    fs::path in_lib() const { return data::installed_codecs(directory_.path()); }
    fs::path beside() const { return directory_ / "bin" / in_lib().filename(); }
    fs::path folder(const std::string& name) const { return directory_ / name; }

    // What it says; empty when it has done its work.
    std::string prepare(const fs::path& images) const {
        core::Spawn what;
        what.arguments = {program().string(),
                          "--path",
                          images.string(),
                          "--sizes",
                          "8",
                          "--workers",
                          "1",
                          "--output",
                          (directory_ / "out").string()};
        const auto done = core::run_to_end(what, core::Taken::output_and_errors);
        fs::remove_all(directory_ / "out");
        return core::text_of(done.status) == "exit code 0" ? "" : done.output;
    }

  private:
    fs::path program() const { return directory_ / "bin" / "graft-prepare"; }
    TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("graft-prepare finds its codecs beside itself or as installed, and misses them") {
    const Installed here;
    const auto images = drawn(here.folder("png"), ".png", ".png");
    const auto jpegs = drawn(here.folder("jpeg"), ".jpg", ".jpg");
    for (const auto& set : {images, jpegs}) {
        CHECK_THAT(here.prepare(set), ContainsSubstring("cannot find the module '") &&
                                          ContainsSubstring("graft-codecs.so") &&
                                          ContainsSubstring("Install graft again"));
    }
    for (const auto& place : {here.in_lib(), here.beside()}) {
        fs::copy_file(data::codecs_file(), place);
        CHECK(here.prepare(images) == "");
        fs::remove(place);
    }
}

TEST_CASE("codecs are loaded for what is no JPEG, by the decoding process where need be") {
    const Installed here;
    const auto jpegs = drawn(here.folder("jpeg"), ".jpg", ".jpg");
    const auto mixed = drawn(here.folder("mixed"), ".jpg", ".png");
    tests::write_text(here.beside(), "no module");
    CHECK(here.prepare(jpegs) == "");
    CHECK_THAT(here.prepare(drawn(here.folder("png"), ".png", ".png")),
               ContainsSubstring("cannot load '"));
    CHECK_THAT(here.prepare(mixed), ContainsSubstring("b/0.png: cannot load '"));
    fs::remove(here.beside());
    fs::copy_file(data::codecs_file(), here.beside());
    CHECK(here.prepare(mixed) == "");
}
