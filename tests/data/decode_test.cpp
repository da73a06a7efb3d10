// SPDX-License-Identifier: Apache-2.0
#include "data/decode.hpp"

#include <bit>
#include <cmath>
#include <fstream>

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "core/process.hpp"

#include "data/files.hpp"
#include "data/jpegs.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

// A smooth picture of `type`, scaled to the type's range: red falls, green rises, blue is low.
cv::Mat picture(int width, int height, int type, double scale = 1) {
    cv::Mat image(height, width, type);
    const int channels = image.channels();
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const double values[4] = {40, 220.0 * y / height, 220.0 - 200.0 * x / width, 128};
            for (int c = 0; c < channels; ++c) {
                const double value = values[channels == 1 ? 2 : c] * scale;
                if (image.depth() == CV_16U) {
                    image.ptr<std::uint16_t>(y)[x * channels + c] =
                        static_cast<std::uint16_t>(value);
                } else {
                    image.ptr<std::uint8_t>(y)[x * channels + c] = static_cast<std::uint8_t>(value);
                }
            }
        }
    }
    return image;
}

std::string encoded(const std::string& extension, const cv::Mat& image) {
    std::vector<std::uint8_t> bytes;
    REQUIRE(cv::imencode(extension, image, bytes));
    return {bytes.begin(), bytes.end()};
}

std::vector<std::uint8_t> square(const std::string& bytes, int side) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(side * side * 3));
    data::decode_square(bytes, side, pixels.data());
    return pixels;
}

std::string reason(const std::string& bytes) {
    try {
        square(bytes, 16);
    } catch (const data::BadImageError& error) {
        return error.what();
    }
    return "";
}

double largest_difference(const std::vector<std::uint8_t>& a, const std::vector<std::uint8_t>& b) {
    REQUIRE(a.size() == b.size());
    double largest = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
    }
    return largest;
}

}  // namespace

TEST_CASE("every format and depth gives the same RGB picture") {
    const auto expected = square(encoded(".png", picture(64, 48, CV_8UC3)), 32);
    CHECK(expected[0] > 200);  // red, top left
    CHECK(expected[2] == 40);  // blue
    CHECK(largest_difference(square(encoded(".tif", picture(64, 48, CV_8UC3)), 32), expected) == 0);
    CHECK(largest_difference(square(encoded(".jpg", picture(64, 48, CV_8UC3)), 32), expected) <= 6);
    for (const std::string extension : {".png", ".tif"}) {
        const auto deep = encoded(extension, picture(64, 48, CV_16UC3, 256));
        CHECK(largest_difference(square(deep, 32), expected) <= 1);
    }
    const auto clear = encoded(".png", picture(64, 48, CV_8UC4));
    CHECK(largest_difference(square(clear, 32), expected) == 0);
}

TEST_CASE("grey is repeated in all channels") {
    for (const std::string extension : {".png", ".tif", ".jpg"}) {
        const auto pixels = square(encoded(extension, picture(40, 40, CV_8UC1)), 20);
        for (std::size_t i = 0; i < pixels.size(); i += 3) {
            REQUIRE(pixels[i] == pixels[i + 1]);
            REQUIRE(pixels[i] == pixels[i + 2]);
        }
    }
    const auto deep = square(encoded(".png", picture(40, 40, CV_16UC1, 256)), 20);
    const auto flat = square(encoded(".png", picture(40, 40, CV_8UC1)), 20);
    CHECK(largest_difference(deep, flat) <= 1);
}

TEST_CASE("a palette is looked up") {
    cv::Mat two(8, 8, CV_8UC1, cv::Scalar(0));
    two.colRange(4, 8).setTo(255);
    std::vector<std::uint8_t> bytes;
    REQUIRE(cv::imencode(".png", two, bytes, {cv::IMWRITE_PNG_BILEVEL, 1}));
    const auto pixels = square({bytes.begin(), bytes.end()}, 8);
    CHECK(pixels[0] == 0);
    CHECK(pixels[7 * 3] == 255);
}

TEST_CASE("a small picture is enlarged, a wide one is stretched") {
    const auto pixels = square(encoded(".png", picture(10, 90, CV_8UC3)), 30);
    CHECK(pixels[0] > pixels[29 * 3]);           // red falls to the right
    CHECK(pixels[1] < pixels[29 * 30 * 3 + 1]);  // green rises downwards
}

TEST_CASE("a JPEG is reduced only as far as the target allows") {
    using data::ImageFormat;
    const auto reduction = [](std::uint64_t width, std::uint64_t height, int side) {
        return data::jpeg_reduction({ImageFormat::jpeg, width, height}, side);
    };
    CHECK(reduction(255, 400, 128) == 1);
    CHECK(reduction(256, 256, 128) == 2);
    CHECK(reduction(4000, 511, 128) == 2);
    CHECK(reduction(512, 4000, 128) == 4);
    CHECK(reduction(9000, 9000, 128) == 8);
    CHECK(data::jpeg_reduction({ImageFormat::png, 9000, 9000}, 128) == 1);
    const auto large = encoded(".jpg", picture(600, 520, CV_8UC3));
    std::vector<std::uint8_t> whole(64 * 64 * 3);
    data::decode_square_whole(large, 64, whole.data());
    CHECK(largest_difference(square(large, 64), whole) <= 4);
}

TEST_CASE("EXIF orientation is ignored") {
    const std::string jpeg = encoded(".jpg", picture(32, 32, CV_8UC3));
    const std::string exif(
        "\xFF\xE1\x00\x22"
        "Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0",
        36);
    CHECK(square(jpeg.substr(0, 2) + exif + jpeg.substr(2), 32) == square(jpeg, 32));
}

TEST_CASE("cut-off and false files are bad, and say why") {
    for (const std::string extension : {".jpg", ".png", ".tif"}) {
        const std::string bytes = encoded(extension, picture(64, 64, CV_8UC3));
        CHECK(reason(bytes) == "");
        for (const std::size_t kept : {bytes.size() * 9 / 10, bytes.size() / 2, std::size_t{30}}) {
            CHECK_FALSE(reason(bytes.substr(0, kept)).empty());
        }
    }
    CHECK_THAT(reason("id,label\n1,2\n"), ContainsSubstring("not an image"));
    std::string flipped = encoded(".png", picture(64, 64, CV_8UC3));
    flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
    CHECK_THAT(reason(flipped), ContainsSubstring("cannot be decoded"));
}

TEST_CASE("three grey files become one picture in the order of the channels") {
    const tests::TemporaryDirectory directory;
    data::Sample sample;
    for (const int level : {10, 120, 230}) {
        sample.files.push_back(fmt::format("{}.png", level));
        tests::write_text(directory / sample.files.back(),
                          encoded(".png", cv::Mat(20, 20, CV_8UC1, cv::Scalar(level))));
    }
    std::vector<std::uint8_t> pixels(8 * 8 * 3 + 4 * 4 * 3);
    const auto decoded =
        data::decode_sample(directory.path(), sample, {8, 4}, data::HashOf::square, pixels);
    CHECK(decoded.content.size() == 32);
    CHECK(pixels[0] == 10);
    CHECK(pixels[1] == 120);
    CHECK(pixels[pixels.size() - 1] == 230);
    tests::write_text(directory / "120.png",
                      encoded(".png", cv::Mat(20, 21, CV_8UC1, cv::Scalar(1))));
    CHECK_THROWS_WITH(
        data::decode_sample(directory.path(), sample, {8}, data::HashOf::square, pixels),
        ContainsSubstring("channels differ in size (20 x 20 and 21 x 20)"));
}

TEST_CASE("the perceptual hash stays near under recompression and resizing, and not otherwise") {
    cv::Mat image(300, 300, CV_8UC3, cv::Scalar(90, 90, 90));
    cv::circle(image, {80, 90}, 40, cv::Scalar(250, 200, 10), -1);
    cv::rectangle(image, {150, 160}, {280, 220}, cv::Scalar(10, 20, 240), -1);
    const auto hash = [](const cv::Mat& from, int quality) {
        std::vector<std::uint8_t> bytes;
        REQUIRE(cv::imencode(".jpg", from, bytes, {cv::IMWRITE_JPEG_QUALITY, quality}));
        return data::perceptual_hash({std::string(bytes.begin(), bytes.end())});
    };
    cv::Mat smaller;
    cv::Mat turned;
    cv::resize(image, smaller, {}, 0.7, 0.7, cv::INTER_AREA);
    cv::rotate(image, turned, cv::ROTATE_90_CLOCKWISE);
    CHECK(std::popcount(hash(image, 95) ^ hash(image, 60)) <= 4);
    CHECK(std::popcount(hash(image, 95) ^ hash(smaller, 95)) <= 4);
    CHECK(std::popcount(hash(image, 95) ^ hash(turned, 95)) >= 16);
}

TEST_CASE("a JPEG in four colours is decoded, whole and reduced") {
    const auto bytes = tests::jpeg_of(picture(200, 160, CV_8UC4));
    std::vector<std::uint8_t> whole(40 * 40 * 3);
    data::decode_square_whole(bytes, 40, whole.data());
    CHECK(largest_difference(square(bytes, 40), whole) <= 4);
    CHECK(largest_difference(whole, std::vector<std::uint8_t>(whole.size(), whole[0])) > 20);
}

TEST_CASE("a square's hash is near the picture's, and the picture's is the same for all sizes") {
    const tests::TemporaryDirectory directory;
    cv::Mat image(300, 260, CV_8UC3, cv::Scalar(90, 90, 90));
    cv::circle(image, {80, 90}, 40, cv::Scalar(250, 200, 10), -1);
    cv::rectangle(image, {150, 160}, {250, 220}, cv::Scalar(10, 20, 240), -1);
    tests::write_text(directory / "a.jpg", encoded(".jpg", image));
    data::Sample sample;
    sample.files = {"a.jpg"};
    const std::vector<int> sides{20, 63, 64, 120, 300};
    std::vector<std::uint8_t> pixels(data::pixel_bytes(sides));
    const auto hashes = [&](data::HashOf of) {
        return data::decode_sample(directory.path(), sample, sides, of, pixels).perceptual;
    };
    const auto pictures = hashes(data::HashOf::picture);
    const auto squares = hashes(data::HashOf::square);
    CHECK(pictures == std::vector<std::uint64_t>(sides.size(), pictures[0]));
    CHECK(squares[0] == pictures[0]);  // too small for a hash of their own
    CHECK(squares[1] == pictures[0]);
    CHECK(squares[2] != 0);
    for (const auto hash : squares) {
        CHECK(std::popcount(hash ^ pictures[0]) <= 4);
    }
}

// A sanitizer keeps what is freed.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("a decoding process gives back what a giant took") {
    const std::string small = encoded(".jpg", picture(64, 48, CV_8UC3));
    const std::string giant = encoded(".jpg", cv::Mat(4000, 5000, CV_8UC3, cv::Scalar(90, 5, 7)));
    auto child = core::fork_child([&] {
        const auto resident_pages = [] {
            std::uint64_t all = 0;
            std::uint64_t resident = 0;
            std::ifstream("/proc/self/statm") >> all >> resident;
            return resident;
        };
        data::decode_with_one_thread();
        square(small, 32);
        const auto before = resident_pages();
        square(giant, 4);  // 60 MB, were it decoded whole
        data::decode_square_whole(giant, 4, std::vector<std::uint8_t>(48).data());
        square(small, 32);
        constexpr std::uint64_t most = (std::uint64_t{40} << 20) / 4096;
        return resident_pages() < before + most ? 0 : 1;
    });
    CHECK(std::get<core::Exited>(child.wait()).code == 0);
}
#endif

TEST_CASE("a file far larger than any picture is listed as bad, not read") {
    const tests::TemporaryDirectory directory;
    tests::write_text(directory / "a.png", "\x89PNG\r\n\x1a\n");
    std::filesystem::resize_file(directory / "a.png", std::uint64_t{3} << 30);  // a hole
    data::Sample sample;
    sample.files = {"a.png"};
    std::vector<std::uint8_t> pixels(data::pixel_bytes({8}));
    CHECK_THROWS_WITH(
        data::decode_sample(directory.path(), sample, {8}, data::HashOf::square, pixels),
        ContainsSubstring("absurd size of 3221225472 bytes"));
}
