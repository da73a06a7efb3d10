// SPDX-License-Identifier: Apache-2.0
// The module graft-codecs.so, which data/codecs.cpp loads.
#include <cstdint>
#include <vector>

#include <opencv2/imgcodecs.hpp>

extern "C" void graft_decode_by_opencv(const char* bytes, std::size_t count, int flags,
                                       cv::Mat& into) {
    const cv::Mat raw(1, static_cast<int>(count), CV_8UC1,
                      const_cast<char*>(bytes));  // imdecode reads it only
    into = cv::imdecode(raw, flags);
}

extern "C" void graft_encode_by_opencv(const char* ending, const cv::Mat& image,
                                       std::vector<std::uint8_t>& into) {
    cv::imencode(ending, image, into);
}
