// SPDX-License-Identifier: Apache-2.0
#include "data/sheet.hpp"

#include <opencv2/imgcodecs.hpp>

#include "core/error.hpp"
#include "core/h5/file.hpp"

#include "support/catch.hpp"
#include "support/temporary.hpp"

using namespace graft;

namespace {

// Tiles of one colour each: red grows with the row, green with the column.
void write_tiles(const std::filesystem::path& path, std::uint64_t side,
                 const std::vector<std::string>& rows) {
    const std::vector<std::string> columns{"image", "b"};
    std::vector<std::uint8_t> pixels;
    for (std::size_t row = 0; row < rows.size(); ++row) {
        for (std::size_t column = 0; column < columns.size(); ++column) {
            for (std::uint64_t i = 0; i < side * side; ++i) {
                pixels.insert(pixels.end(), {static_cast<std::uint8_t>(50 + 50 * row),
                                             static_cast<std::uint8_t>(100 * column), 20});
            }
        }
    }
    core::h5::File file = core::h5::File::create(path);
    file.write("/tiles", {rows.size(), columns.size(), side, side, 3}, pixels.data());
    file.write_texts("/columns", columns);
    file.write_texts("/rows", rows);
    file.write_attribute("/", "title", std::string("a title with so many words that it takes two"));
    file.close();
}

std::size_t count(const cv::Mat& picture, const cv::Vec3b& colour) {
    std::size_t found = 0;
    for (int y = 0; y < picture.rows; ++y) {
        for (int x = 0; x < picture.cols; ++x) {
            found += picture.at<cv::Vec3b>(y, x) == colour ? 1 : 0;
        }
    }
    return found;
}

}  // namespace

TEST_CASE("a sheet has every tile whole, small ones enlarged and large ones shrunk") {
    const tests::TemporaryDirectory directory;
    for (const auto& [side, shown] :
         {std::pair(40, 160), std::pair(96, 192), std::pair(320, 160)}) {
        CAPTURE(side);
        write_tiles(directory / "tiles.h5", static_cast<std::uint64_t>(side),
                    {"été: a",
                     "a caption that is by far too long for the width of two tiles of "
                     "which each has not more than two hundred pixels"});
        data::draw_sheet(directory / "tiles.h5", directory / "sheet.png");
        const cv::Mat picture = cv::imread(directory / "sheet.png");
        REQUIRE_FALSE(picture.empty());
        const auto pixels = static_cast<std::size_t>(shown * shown);
        CHECK(count(picture, {20, 0, 50}) == pixels);  // blue, green, red
        CHECK(count(picture, {20, 100, 50}) == pixels);
        CHECK(count(picture, {20, 0, 100}) == pixels);
        CHECK(count(picture, {20, 100, 100}) == pixels);
    }
}

TEST_CASE("a file of other things is no sheet") {
    const tests::TemporaryDirectory directory;
    core::h5::File file = core::h5::File::create(directory / "tiles.h5");
    file.write("/tiles", {1, 1, 2, 2, 3}, std::vector<std::uint8_t>(12).data());
    file.write_texts("/columns", {"a", "b"});
    file.write_texts("/rows", {"a"});
    file.write_attribute("/", "title", std::string("x"));
    file.close();
    CHECK_THROWS_WITH(data::draw_sheet(directory / "tiles.h5", directory / "sheet.png"),
                      ContainsSubstring("is no file of tiles"));
    CHECK_FALSE(std::filesystem::exists(directory / "sheet.png"));
}
