// SPDX-License-Identifier: Apache-2.0
#include "data/jpeg.hpp"

#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "data/image_header.hpp"
#include "data/jpegs.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

// Blurred noise: something at every frequency, and a picture all the same.
cv::Mat picture(int width, int height, int type) {
    cv::RNG random(1);
    cv::Mat noise(height, width, type);
    random.fill(noise, cv::RNG::UNIFORM, 0, 256);
    cv::Mat blurred;
    cv::GaussianBlur(noise, blurred, {5, 5}, 0);
    return blurred;
}

cv::Mat by_opencv(const std::string& bytes, int reduction) {
    const int reduced = reduction == 1   ? cv::IMREAD_COLOR
                        : reduction == 2 ? cv::IMREAD_REDUCED_COLOR_2
                        : reduction == 4 ? cv::IMREAD_REDUCED_COLOR_4
                                         : cv::IMREAD_REDUCED_COLOR_8;
    const cv::Mat raw(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data()));
    cv::Mat rgb;
    cv::cvtColor(cv::imdecode(raw, reduced | cv::IMREAD_IGNORE_ORIENTATION), rgb,
                 cv::COLOR_BGR2RGB);
    return rgb;
}

void check_all_reductions(const std::string& bytes) {
    for (const int reduction : {1, 2, 4, 8}) {
        CAPTURE(reduction);
        const cv::Mat expected = by_opencv(bytes, reduction);
        cv::Mat decoded;
        REQUIRE(data::decode_jpeg(bytes, reduction, decoded));
        REQUIRE(decoded.size() == expected.size());
        CHECK(cv::norm(decoded, expected, cv::NORM_INF) == 0);
    }
}

}  // namespace

TEST_CASE("colour, grey, progressive and subsampled JPEGs are decoded as by OpenCV, to the bit") {
    using tests::JpegKind;
    for (const auto& [width, height] : {std::pair{64, 48}, {1, 1}, {7, 100}, {333, 257}}) {
        CAPTURE(width, height);
        for (const auto& kind :
             {JpegKind{1, 1, false, 0}, JpegKind{2, 2, false, 0}, JpegKind{2, 1, true, 0},
              JpegKind{2, 2, true, 0}, JpegKind{1, 2, false, 2}}) {
            CAPTURE(kind.across, kind.down, kind.progressive);
            check_all_reductions(tests::jpeg_of(picture(width, height, CV_8UC3), kind));
        }
        check_all_reductions(tests::jpeg_of(picture(width, height, CV_8UC1)));
    }
}

TEST_CASE("a JPEG in four colours is left to OpenCV") {
    cv::Mat decoded;
    CHECK_FALSE(data::decode_jpeg(tests::jpeg_of(picture(40, 30, CV_8UC4)), 1, decoded));
    CHECK(decoded.empty());
}

TEST_CASE("bytes that libjpeg gives up on are a bad image, wherever they end or change") {
    const std::string whole = tests::jpeg_of(picture(80, 60, CV_8UC3), {2, 2, true, 0});
    cv::Mat decoded;
    for (const std::size_t kept : {std::size_t{0}, std::size_t{2}, std::size_t{21}}) {
        CHECK_THROWS_AS(data::decode_jpeg(whole.substr(0, kept), 1, decoded), data::BadImageError);
    }
    cv::RNG random(4);
    int refused = 0;
    for (int i = 0; i < 60; ++i) {
        std::string changed = whole;
        const auto at = static_cast<std::size_t>(random.uniform(2, 400));
        changed[at] = static_cast<char>(random.uniform(0, 256));
        try {
            data::decode_jpeg(changed, 1 << random.uniform(0, 4), decoded);
        } catch (const data::BadImageError&) {
            ++refused;
        }
    }
    CHECK(refused > 0);
    std::string giant = whole;
    const auto frame = giant.find("\xFF\xC2") + 5;
    giant.replace(frame, 4, "\xFF\x00\xFF\x00", 4);  // 65,280 x 65,280
    CHECK_THROWS_AS(data::decode_jpeg(giant, 8, decoded), data::BadImageError);
    REQUIRE(data::decode_jpeg(whole, 1, decoded));  // and the next one is decoded as ever
    CHECK(cv::norm(decoded, by_opencv(whole, 1), cv::NORM_INF) == 0);
}
