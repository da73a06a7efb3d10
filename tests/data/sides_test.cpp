// SPDX-License-Identifier: Apache-2.0
#include "data/sides.hpp"

#include <fmt/format.h>
#include <opencv2/imgcodecs.hpp>

#include "core/file.hpp"

#include "data/files.hpp"
#include "data/prepare.hpp"

#include "support/catch.hpp"

using namespace graft;
using tests::TemporaryDirectory;
namespace fs = std::filesystem;

namespace {

void draw(const fs::path& path, int width, int height) {
    fs::create_directories(path.parent_path());
    cv::imwrite(path.string(), cv::Mat(height, width, CV_8UC3, cv::Scalar(1, 2, 3)));
}

// 300 pictures of 24 x 20: more than are looked at.
data::DatasetSettings drawn(const TemporaryDirectory& directory) {
    data::DatasetSettings settings;
    settings.name = "drawn";
    settings.path = directory / "images";
    settings.duplicates = data::Duplicates::report;
    for (int i = 0; i < 150; ++i) {
        draw(settings.path / "a" / fmt::format("{:03}.png", i), 24, 20);
        draw(settings.path / "b" / fmt::format("{:03}.png", i), 20, 24);
    }
    return settings;
}

// The seventh is none of those looked at.
fs::path overlooked(const data::DatasetSettings& settings) {
    return settings.path / "a" / "006.png";
}

data::LargestSide look(const data::DatasetSettings& settings, std::uint64_t enough,
                       data::Look look = data::Look::at_some) {
    return data::look_for_largest_side(settings.path, data::list_dataset(settings).samples, enough,
                                       look);
}

// The files' stored sizes.
std::vector<int> stored(const TemporaryDirectory& directory, const data::DatasetSettings& settings,
                        std::vector<std::int32_t> sizes) {
    data::PrepareRequest request;
    request.dataset = settings;
    request.sizes = std::move(sizes);
    request.directory = directory / "prepared";
    request.workers = 2;
    const auto result = data::prepare(request, [](auto, auto) {});
    CHECK(result.error.empty());
    CHECK(result.parts.train + result.parts.validation + result.parts.test +
              static_cast<std::int64_t>(result.bad.size()) ==
          300);
    std::vector<int> sides;
    for (const auto& file : result.files) {
        sides.push_back(file.stored_size);
    }
    return sides;
}

}  // namespace

TEST_CASE("pictures that are all the same size are not all looked at, others are") {
    const TemporaryDirectory directory;
    const auto settings = drawn(directory);
    CHECK(look(settings, 16).side >= 16);
    CHECK_FALSE(look(settings, 16).is_guessed);
    CHECK(look(settings, 32).side == 24);
    CHECK(look(settings, 32).is_guessed);
    CHECK_FALSE(look(settings, 32, data::Look::at_all).is_guessed);
    draw(settings.path / "a" / "000.png", 23, 20);
    CHECK(look(settings, 32).side == 24);
    CHECK_FALSE(look(settings, 32).is_guessed);
}

TEST_CASE("a larger picture that was not looked at is as large as if it had been") {
    const TemporaryDirectory directory;
    auto settings = drawn(directory);
    draw(overlooked(settings), 30, 10);
    REQUIRE(look(settings, 32).side == 24);  // or this tests nothing
    CHECK(look(settings, 32, data::Look::at_all).side == 30);
    CHECK(stored(directory, settings, {16, 28, 32}) == std::vector{16, 28, 30});
    fs::remove_all(directory / "prepared");
    // Also where it cannot be decoded.
    const std::string whole = core::read_file(overlooked(settings));
    tests::write_text(overlooked(settings), whole.substr(0, whole.size() - 14));
    settings.on_bad_image = data::OnBadImage::skip;
    CHECK(stored(directory, settings, {32}) == std::vector{30});
}
