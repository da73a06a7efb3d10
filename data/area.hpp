// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cv {
class Mat;
}

namespace graft::data {

// Shrinks `from` (unsigned 8 bits, 3 channels) into `into`, made beforehand, neither side of it
// larger: each pixel becomes the mean of the area that it covers.
//
// The numbers are those of cv::resize with INTER_AREA of OpenCV 4.6, to the bit, for prepared
// pixels are part of what a dataset is: single precision, along rows first, every sum in the order
// of its pixels. OpenCV takes one channel of one row at a time and computes a row that two target
// rows share twice; this takes the channels of two rows together, each row once. Where both sides
// shrink by whole numbers OpenCV adds in another order: there it does the work.
void shrink_by_area(const cv::Mat& from, cv::Mat& into);

}  // namespace graft::data
