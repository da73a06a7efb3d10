// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace graft::data {

// An image file that cannot be used; the text is the reason, to be listed with its path.
class BadImageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

enum class ImageFormat { jpeg, png, tiff };

struct ImageHeader {
    ImageFormat format = ImageFormat::jpeg;
    std::uint64_t width = 0, height = 0;
};

constexpr std::uint64_t kMostPixels = 100'000'000;

// Format and size from the first bytes of a file (of a TIFF, or a JPEG with much before its frame,
// all of them may be needed). Every offset is checked against the bytes there are. Throws
// BadImageError for another format, a header cut off, a side of 0, more than kMostPixels.
// Sources: ITU-T T.81 annex B, PNG 1.2 section 5, TIFF 6.0 section 2 and the BigTIFF layout.
ImageHeader read_image_header(std::string_view bytes);

// Throws BadImageError when the file ends before its picture does: a JPEG without end-of-image
// after its last scan, a PNG without IEND, a TIFF whose strips or tiles reach beyond the end.
// Decoders fill what is missing with grey, and say nothing.
void check_image_is_whole(std::string_view bytes, const ImageHeader& header);

}  // namespace graft::data
