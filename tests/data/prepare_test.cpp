// SPDX-License-Identifier: Apache-2.0
#include "data/prepare.hpp"

#include <set>

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include "core/error.hpp"
#include "core/file.hpp"

#include "data/decode.hpp"
#include "data/decoder_messages.hpp"
#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;
using data::Part;
using tests::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

// `count` pictures of class a and as many of b, all different, 24 x 20.
data::PrepareRequest request_for(const TemporaryDirectory& directory, int count) {
    for (int i = 0; i < count; ++i) {
        for (const std::string name : {"a", "b"}) {
            const fs::path path = directory / "images" / name / fmt::format("{:03}.png", i);
            fs::create_directories(path.parent_path());
            const cv::Scalar colour(i, name == "a" ? 10 : 200, 255 - i);
            cv::imwrite(path.string(), cv::Mat(20, 24, CV_8UC3, colour));
        }
    }
    data::PrepareRequest request;
    request.dataset.name = "drawn";
    request.dataset.path = directory / "images";
    request.sizes = {16};
    request.directory = directory / "prepared";
    request.workers = 2;
    return request;
}

data::PrepareResult run(const data::PrepareRequest& request) {
    return data::prepare(request, [](auto, auto) {});
}

}  // namespace

TEST_CASE("a dataset is prepared at several sizes with one split, once") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 30);
    request.sizes = {16, 64};
    std::uint64_t seen = 0;
    const auto result = data::prepare(request, [&](auto done, auto total) {
        CHECK(done == ++seen);
        CHECK(total == 60);
    });
    CHECK(seen == 60);
    REQUIRE(result.files.size() == 2);
    const data::Prepared small(result.files[0].path);
    const data::Prepared large(result.files[1].path);
    CHECK(small.stored_size == 16);
    CHECK(large.size == 64);
    CHECK(large.stored_size == 24);  // no picture is larger
    CHECK(small.parts == large.parts);
    CHECK(small.ids == large.ids);
    CHECK(result.parts.train == 48);
    CHECK(result.parts.test == 6);
    std::vector<std::uint8_t> pixels(small.image_bytes());
    small.read_images(31, 1, pixels.data());  // b/001
    CHECK(small.ids[31] == "b/001");
    CHECK(pixels[0] == 254);
    CHECK(pixels[1] == 200);
    CHECK(pixels[2] == 1);
    const auto again = run(request);
    CHECK_FALSE(again.files[0].made);
    CHECK(again.files[0].pixels_checksum == result.files[0].pixels_checksum);
    CHECK(again.parts.train == 48);
}

TEST_CASE("worker counts, companions and time of preparing change no byte of the pixels or parts") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 20);
    request.dataset.duplicate_distance = 2;
    request.dataset.duplicates = data::Duplicates::report;
    const auto first = run(request);
    auto other = request;
    other.directory = directory / "elsewhere";
    other.workers = 1;
    other.sizes = {8, 16};
    const auto second = run(other);
    CHECK(second.files[1].pixels_checksum == first.files[0].pixels_checksum);
    CHECK(data::Prepared(second.files[0].path).parts == data::Prepared(first.files[0].path).parts);
    // What the split looks at, with such a distance: one hash for all sizes.
    CHECK(data::Prepared(second.files[0].path).perceptual ==
          data::Prepared(first.files[0].path).perceptual);
}

TEST_CASE("bad images stop with the whole list, or are skipped and recorded") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 30);
    const auto folder = directory / "images" / "a";
    tests::write_text(folder / "001.png", "<html>not found</html>");
    const std::string whole = core::read_file(folder / "002.png");
    tests::write_text(folder / "002.png", whole.substr(0, whole.size() - 14));
    const auto stopped = run(request);
    REQUIRE(stopped.bad.size() == 2);
    CHECK(stopped.bad[0].path == "a/001.png");
    CHECK_THAT(stopped.bad[0].reason, ContainsSubstring("not an image"));
    CHECK_THAT(stopped.bad[1].reason, ContainsSubstring("truncated"));
    CHECK_THAT(stopped.error, ContainsSubstring("2 bad image(s)"));
    CHECK(stopped.files.empty());
    CHECK(fs::is_empty(request.directory));
    request.dataset.on_bad_image = data::OnBadImage::skip;
    const auto skipped = run(request);
    CHECK(skipped.error.empty());
    const data::Prepared file(skipped.files.at(0).path);
    CHECK(file.count() == 58);
    CHECK(file.ids[1] == "a/003");
    CHECK(file.skipped.size() == 2);
    std::vector<std::uint8_t> pixels(58 * file.image_bytes());
    file.read_images(0, 58, pixels.data());
    CHECK(pixels[file.image_bytes() + 2] == 3);
}

TEST_CASE("copies join one group, or are only reported") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 30);
    for (int i = 0; i < 10; ++i) {
        fs::copy_file(directory / "images" / "a" / "005.png",
                      directory / "images" / "a" / fmt::format("copy{}.png", i));
    }
    fs::copy_file(directory / "images" / "a" / "006.png", directory / "images" / "b" / "x.png");
    const auto grouped = run(request);
    CHECK(grouped.duplicates.exact == 11);
    CHECK(grouped.duplicates.conflicting == 1);
    CHECK(grouped.duplicates.across == 0);
    CHECK(grouped.audit.copies_known);
    CHECK(grouped.audit.equal.validation + grouped.audit.equal.test == 0);
    CHECK(grouped.audit.conflicting == 1);
    const data::Prepared file(grouped.files.at(0).path);
    std::set<std::string> groups;
    for (std::size_t i = 0; i < file.count(); ++i) {
        if (file.ids[i] == "a/005" || file.ids[i].starts_with("a/copy")) {
            groups.insert(file.groups[i]);
        }
    }
    CHECK(groups == std::set<std::string>{"a/005"});
    request.dataset.duplicates = data::Duplicates::report;
    const auto reported = run(request);
    CHECK(reported.duplicates.exact == 11);
    CHECK(reported.audit.equal.validation + reported.audit.equal.test > 0);
    CHECK(data::Prepared(reported.files.at(0).path).groups[5] == "a/005");
    CHECK(reported.fingerprint != grouped.fingerprint);
}

TEST_CASE("with folds the first of them is counted, and copies across any are") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 30);
    fs::copy_file(directory / "images" / "a" / "005.png", directory / "images" / "a" / "x.png");
    fs::copy_file(directory / "images" / "b" / "006.png", directory / "images" / "b" / "x.png");
    request.dataset.duplicates = data::Duplicates::report;
    run(request);
    request.dataset.folds = 30;
    const auto result = run(request);
    CHECK_FALSE(result.files.at(0).made);
    CHECK(result.folds == 30);
    CHECK(result.parts.test == 3);
    CHECK(result.parts.validation == 6);
    CHECK(result.test_counts[0] + result.test_counts[1] == 3);
    CHECK(result.train_counts[0] + result.train_counts[1] == 53);
    CHECK(result.audit.equal.test == 4);
}

TEST_CASE("classes are counted in groups for the folds, even where the pixels were there") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 6);
    const auto folder = directory / "images" / "a";
    fs::copy_file(folder / "000.png", folder / "005.png", fs::copy_options::overwrite_existing);
    run(request);
    request.dataset.folds = 5;
    CHECK_FALSE(run(request).files.at(0).made);
    const auto refused = [&] { return tests::input_error([&] { run(request); }); };
    const std::string why = "class 'a' has 5 group(s) without bad images and with copies joined";
    request.dataset.folds = 6;
    CHECK_THAT(refused(), ContainsSubstring(why));
    request.directory = directory / "elsewhere";  // before they are prepared, too
    CHECK_THAT(refused(), ContainsSubstring(why));
    CHECK(fs::is_empty(request.directory));
}

TEST_CASE("a hash that takes every picture for a copy is refused") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 40);  // plain colours: all of one hash
    request.dataset.duplicate_distance = 4;
    CHECK_THAT(tests::input_error([&] { run(request); }),
               ContainsSubstring("takes 80 of 80 images for copies of one another"));
}

TEST_CASE("too little disk is said before the first image") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 3);
    // Pictures 4096 wide let every size be stored as it is.
    for (int i = 0; i < 3; ++i) {
        cv::imwrite((directory / "images" / "a" / fmt::format("{:03}.png", i)).string(),
                    cv::Mat(8, 4096, CV_8UC1, cv::Scalar(i)));
    }
    request.sizes.clear();
    for (int size = 4096; size > 4096 - 1200; --size) {
        request.sizes.push_back(size);
    }
    const auto needed = std::uint64_t{1200} * 6 * 2897 * 2897 * 3;
    if (core::free_bytes(directory.path()) > needed) {
        std::printf("left out: the disk has more than %.0f GB free\n",
                    static_cast<double>(needed) / 1e9);
        return;
    }
    CHECK_THROWS_AS(run(request), core::NoSpaceError);
    CHECK_THROWS_WITH(run(request), ContainsSubstring("too little disk"));
}

TEST_CASE("requests and results survive their files, and others are refused") {
    const TemporaryDirectory directory;
    const auto request = request_for(directory, 3);
    data::write_request(directory / "request", request);
    const auto read = data::read_request(directory / "request");
    CHECK(read.dataset.path == request.dataset.path);
    CHECK(read.sizes == request.sizes);
    const auto result = run(read);
    data::write_result(directory / "result", result);
    CHECK(data::read_result(directory / "result").files.at(0).path == result.files.at(0).path);
    CHECK_THROWS_AS(data::read_result(directory / "request"), core::InputError);
    CHECK_THROWS_AS(data::read_request(directory / "none"), core::InputError);
    CHECK_THAT(tests::input_error([&] {
                   auto none = request;
                   none.sizes = {0};
                   run(none);
               }),
               ContainsSubstring("size 0 (1 to 4096 expected)"));
}

TEST_CASE("words of damage are told from harmless ones") {
    CHECK(data::damage_in("Corrupt JPEG data: premature end of data segment\n") ==
          "Corrupt JPEG data: premature end of data segment");
    CHECK(data::damage_in("Corrupt JPEG data: 65 extraneous bytes before marker 0xd9\n").empty());
    CHECK(data::damage_in("libpng warning: iCCP: known incorrect sRGB profile\n").empty());
}

TEST_CASE("a JPEG damaged inside its scan is bad") {
    const TemporaryDirectory directory;
    auto request = request_for(directory, 4);
    cv::Mat noise(64, 64, CV_8UC3);
    cv::randu(noise, 0, 255);
    const fs::path path = directory / "images" / "a" / "noise.jpg";
    cv::imwrite(path.string(), noise);
    const std::string bytes = core::read_file(path);
    tests::write_text(path, bytes.substr(0, bytes.size() / 2) + "\xFF\xD9");  // a false end
    const auto result = run(request);
    REQUIRE(result.bad.size() == 1);
    CHECK_THAT(result.bad[0].reason, ContainsSubstring("damaged: Corrupt JPEG data"));
}
