// SPDX-License-Identifier: Apache-2.0
#include "data/sheet.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <opencv2/imgproc.hpp>

#include "core/error.hpp"
#include "core/file.hpp"
#include "core/h5/file.hpp"
#include "core/text.hpp"

#include "data/codecs.hpp"

namespace graft::data {

namespace {

constexpr int kTile = 160;  // pixels, about
constexpr int kGap = 6, kLine = 18, kMargin = 12;
constexpr double kTitle = 0.5, kCaption = 0.4;  // heights of letters, in OpenCV's measure
constexpr std::uint64_t kMostTiles = 10000;

struct Tiles {
    std::string title;
    std::vector<std::string> columns, rows;
    core::h5::Shape shape;  // [rows, columns, H, W, 3]
    std::vector<std::uint8_t> pixels;

    cv::Mat at(std::size_t row, std::size_t column) const {
        const std::size_t bytes = shape[2] * shape[3] * 3;
        auto* first = const_cast<std::uint8_t*>(pixels.data()) +  // a Mat that is only read
                      (row * shape[1] + column) * bytes;
        return {static_cast<int>(shape[2]), static_cast<int>(shape[3]), CV_8UC3, first};
    }
};

Tiles read_tiles(const std::filesystem::path& path) {
    try {
        const auto file = core::h5::File::open(path);
        Tiles tiles{file.text_attribute("/", "title"),
                    file.read_texts("/columns"),
                    file.read_texts("/rows"),
                    file.shape("/tiles"),
                    {}};
        const auto& shape = tiles.shape;
        if (shape.size() != 5 || shape[4] != 3 || shape[0] != tiles.rows.size() ||
            shape[1] != tiles.columns.size() || shape[0] * shape[1] > kMostTiles ||
            core::h5::elements(shape) == 0) {
            throw core::h5::Refused("/tiles, /columns and /rows do not belong together");
        }
        tiles.pixels = file.read<std::uint8_t>("/tiles");
        return tiles;
    } catch (const core::h5::Refused& error) {
        core::fail_input("'{}' is no file of tiles ({}). Have it made anew.", path.string(),
                         error.what());
    }
}

cv::Size tile_size(const Tiles& tiles) {
    const auto side = static_cast<int>(std::max(tiles.shape[2], tiles.shape[3]));
    const double factor = side <= kTile ? std::round(double(kTile) / side) : double(kTile) / side;
    return {std::max(1, static_cast<int>(factor * static_cast<double>(tiles.shape[3]))),
            std::max(1, static_cast<int>(factor * static_cast<double>(tiles.shape[2])))};
}

// In the space of `width` pixels; what does not fit ends with dots.
void write_text(cv::Mat& sheet, std::string text, cv::Point at, int width, double size) {
    std::erase_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; });
    std::replace_if(
        text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    constexpr int font = cv::FONT_HERSHEY_SIMPLEX;
    int below = 0;
    const auto fits = [&] { return cv::getTextSize(text, font, size, 1, &below).width <= width; };
    bool whole = true;
    while (!text.empty() && !fits()) {
        text.resize(text.size() - (whole ? 1 : 4));
        text += whole && text.empty() ? "" : "...";
        whole = false;
        if (text.size() <= 3) {
            return;
        }
    }
    cv::putText(sheet, text, at, font, size, cv::Scalar(40, 40, 40), 1, cv::LINE_AA);
}

// Between words, so that each line has room in `width` pixels.
std::vector<std::string> wrapped(const std::string& text, int width, double size) {
    std::vector<std::string> lines(1);
    for (const auto& word : core::split(text, ' ')) {
        const std::string longer = lines.back() + (lines.back().empty() ? "" : " ") + word;
        int below = 0;
        if (lines.back().empty() ||
            cv::getTextSize(longer, cv::FONT_HERSHEY_SIMPLEX, size, 1, &below).width <= width) {
            lines.back() = longer;
        } else {
            lines.push_back(word);
        }
    }
    return lines;
}

cv::Mat drawn(const Tiles& tiles) {
    const cv::Size tile = tile_size(tiles);
    const int rows = static_cast<int>(tiles.rows.size());
    const int columns = static_cast<int>(tiles.columns.size());
    const int step_x = tile.width + kGap, step_y = tile.height + kLine + kGap;
    const int width = 2 * kMargin + columns * step_x - kGap;
    const auto title = wrapped(tiles.title, width - 2 * kMargin, kTitle);
    const int top = kMargin + (1 + static_cast<int>(title.size())) * kLine;
    cv::Mat sheet(top + rows * step_y + kMargin, width, CV_8UC3, cv::Scalar(255, 255, 255));
    for (std::size_t line = 0; line < title.size(); ++line) {
        write_text(sheet, title[line], {kMargin, kMargin + 6 + static_cast<int>(line) * kLine},
                   width - 2 * kMargin, kTitle);
    }
    for (int column = 0; column < columns; ++column) {
        write_text(sheet, tiles.columns[static_cast<std::size_t>(column)],
                   {kMargin + column * step_x, top - 8}, tile.width, kCaption);
    }
    for (int row = 0; row < rows; ++row) {
        const int y = top + row * step_y;
        write_text(sheet, tiles.rows[static_cast<std::size_t>(row)], {kMargin, y + kLine - 6},
                   width - 2 * kMargin, kCaption);
        for (int column = 0; column < columns; ++column) {
            const cv::Mat from =
                tiles.at(static_cast<std::size_t>(row), static_cast<std::size_t>(column));
            cv::Mat into = sheet(cv::Rect({kMargin + column * step_x, y + kLine}, tile));
            cv::resize(from, into, tile, 0, 0,
                       from.cols < tile.width ? cv::INTER_NEAREST : cv::INTER_AREA);
        }
    }
    return sheet;
}

}  // namespace

void draw_sheet(const std::filesystem::path& tiles, const std::filesystem::path& png) {
    cv::Mat sheet = drawn(read_tiles(tiles));
    cv::cvtColor(sheet, sheet, cv::COLOR_RGB2BGR);
    std::vector<std::uint8_t> bytes;
    encode_by_opencv(".png", sheet, bytes);
    core::write_file(png, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace graft::data
