// SPDX-License-Identifier: Apache-2.0
// What stands in a table of labels or in a pattern reaches no file outside of the dataset's
// directory; what the user put there as a link is the user's.
#include <sys/stat.h>

#include "core/error.hpp"

#include "data/files.hpp"
#include "data/manifest.hpp"

#include "support/catch.hpp"

using namespace graft;
namespace fs = std::filesystem;

namespace {

// Three images of each class in data/, a table beside them, and a file outside of the dataset.
class Outing {
  public:
    Outing() {
        settings.name = "small";
        settings.path = directory_ / "set";
        settings.images = "data/{id}.png";
        settings.labels = "labels.csv";
        for (const std::string id : {"a1", "a2", "a3", "b1", "b2", "b3"}) {
            tests::write_text(settings.path / "data" / (id + ".png"));
        }
        tests::write_text(directory_ / "secret.png");
    }
    // The rows of the six images, and more.
    void put_rows(const std::string& more) const {
        tests::write_text(settings.path / "labels.csv",
                          "id,label\na1,a\na2,a\na3,a\nb1,b\nb2,b\nb3,b\n" + more);
    }
    std::string message() const {
        return tests::input_error([&] { data::list_dataset(settings); });
    }
    fs::path outside() const { return directory_ / "secret.png"; }

    data::DatasetSettings settings;

  private:
    tests::TemporaryDirectory directory_;
};

}  // namespace

TEST_CASE("a row's id is a name among those found, never a path to follow") {
    Outing outing;
    for (const std::string id : {"../../secret", "../data/a1", "./a1", "/etc/passwd", "data/a1"}) {
        outing.put_rows(id + ",a\n");
        CHECK_THAT(outing.message(), ContainsSubstring("no such file (id '" + id + "'"));
        outing.settings.on_bad_image = data::OnBadImage::skip;
        const auto manifest = data::list_dataset(outing.settings);
        outing.settings.on_bad_image = data::OnBadImage::stop;
        REQUIRE(manifest.samples.size() == 6);
        for (const auto& sample : manifest.samples) {
            CHECK(sample.files.at(0).parent_path() == "data");
        }
    }
}

TEST_CASE("a row's absolute id does not replace the dataset's directory") {
    Outing outing;
    outing.settings.images = "data/{id}";
    outing.put_rows("\"" + outing.outside().string() + "\",a\n");
    CHECK_THAT(outing.message(), ContainsSubstring("no such file"));
}

TEST_CASE("a pattern cannot lead out of the dataset's directory") {
    Outing outing;
    outing.put_rows("");
    for (const std::string images :
         {"../{id}.png", "data/../../{id}.png", "/etc/{id}", "data//{id}.png", "{id}/.."}) {
        outing.settings.images = images;
        CHECK_THAT(outing.message(), ContainsSubstring("is no path below the dataset's"));
    }
}

TEST_CASE("a group, class or id of odd characters is shown in one line, and cut") {
    Outing outing;
    outing.put_rows("\"x\ny\x1b[2J\",a\n" + std::string(5000, 'z') + ",b\n");
    const auto text = outing.message();
    CHECK_THAT(text, ContainsSubstring("x\\x0ay\\x1b[2J"));
    CHECK(text.size() < 3500);
}

TEST_CASE("an image's name of 255 bytes is as good as any, and a longer row is a missing image") {
    Outing outing;
    const std::string id(251, 'n');
    tests::write_text(outing.settings.path / "data" / (id + ".png"));
    outing.put_rows(id + ",a\n");
    CHECK(data::list_dataset(outing.settings).samples.size() == 7);
    outing.put_rows(id + ",a\n" + std::string(100000, 'm') + ",b\n");
    CHECK_THAT(outing.message(), ContainsSubstring("no such file"));
}

TEST_CASE("a link that the user put into the dataset is followed") {
    Outing outing;
    fs::create_symlink(outing.outside(), outing.settings.path / "data/c1.png");
    outing.put_rows("c1,a\n");
    CHECK(data::list_dataset(outing.settings).samples.size() == 7);
}

TEST_CASE("a pipe, a device or a link to nowhere among the images is bad, and not waited for") {
    Outing outing;
    outing.put_rows("c1,a\nd1,b\n");
    REQUIRE(::mkfifo((outing.settings.path / "data/c1.png").c_str(), 0666) == 0);
    fs::create_symlink("/dev/zero", outing.settings.path / "data/d1.png");
    const auto text = outing.message();
    CHECK_THAT(text, ContainsSubstring("data/c1.png: empty file (0 bytes) or unreadable"));
    CHECK_THAT(text, ContainsSubstring("data/d1.png: empty file (0 bytes) or unreadable"));
}
