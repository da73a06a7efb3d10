// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace cv {
class Mat;
}

namespace graft::data {

// Decodes a JPEG into `into`: RGB, 8 bits, each side divided by `reduction` (1, 2, 4 or 8) and
// rounded up. The pixels of cv::imdecode, which uses the same libjpeg, without its turning of RGB
// into BGR. What is damaged is printed on standard error, as OpenCV lets libjpeg do it.
//
// False, with nothing decoded, for a JPEG of four components (CMYK), which OpenCV converts. Throws
// BadImageError where libjpeg gives up.
bool decode_jpeg(std::string_view bytes, int reduction, cv::Mat& into);

}  // namespace graft::data
