// SPDX-License-Identifier: Apache-2.0
#include "data/area.hpp"

#include <opencv2/imgproc.hpp>

#include "support/catch.hpp"

using namespace graft;

namespace {

// From the largest difference to cv::resize. Where another OpenCV computes otherwise, the pixels
// are to stay those of 4.6, so one level is allowed.
double difference(const cv::Mat& picture, cv::Size size) {
    cv::Mat expected;
    cv::resize(picture, expected, size, 0, 0, cv::INTER_AREA);
    cv::Mat shrunk(size, picture.type());
    data::shrink_by_area(picture, shrunk);
    const double largest = cv::norm(expected, shrunk, cv::NORM_INF);
    const bool is_same_opencv = CV_VERSION_MAJOR == 4 && CV_VERSION_MINOR == 6;
    return is_same_opencv || largest > 1 ? largest : 0;
}

cv::Mat noise(cv::RNG& random, int width, int height) {
    cv::Mat picture(height, width, CV_8UC3);
    random.fill(picture, cv::RNG::UNIFORM, 0, 256);
    return picture;
}

}  // namespace

TEST_CASE("pictures of any size shrink to the bit as OpenCV shrinks them") {
    cv::RNG random(1);
    for (int i = 0; i < 400; ++i) {
        const int width = random.uniform(1, 200);
        const int height = random.uniform(1, 200);
        const cv::Size size(random.uniform(1, width + 1), random.uniform(1, height + 1));
        CAPTURE(width, height, size.width, size.height);
        REQUIRE(difference(noise(random, width, height), size) == 0);
    }
}

TEST_CASE("whole numbers, one side alone, the same size and a single pixel shrink as by OpenCV") {
    cv::RNG random(2);
    const cv::Mat picture = noise(random, 96, 64);
    for (const cv::Size size :
         {cv::Size(48, 32), cv::Size(32, 16), cv::Size(96, 63), cv::Size(95, 64), cv::Size(96, 64),
          cv::Size(1, 1), cv::Size(1, 64), cv::Size(64, 64)}) {
        CAPTURE(size.width, size.height);
        CHECK(difference(picture, size) == 0);
    }
}

TEST_CASE("white stays white and black black, however the parts of a pixel sum up") {
    for (const int level : {0, 255}) {
        const cv::Mat plain(171, 199, CV_8UC3, cv::Scalar::all(level));
        for (int side = 1; side < 171; side += 7) {
            cv::Mat shrunk(side, side, CV_8UC3);
            data::shrink_by_area(plain, shrunk);
            REQUIRE(cv::norm(shrunk, cv::Mat(side, side, CV_8UC3, cv::Scalar::all(level)),
                             cv::NORM_INF) == 0);
        }
    }
}

TEST_CASE("a part of a larger picture shrinks alone") {
    cv::RNG random(3);
    const cv::Mat larger = noise(random, 120, 90);
    const cv::Mat part = larger(cv::Rect(17, 5, 61, 47));
    CHECK(difference(part, {40, 30}) == 0);
}
