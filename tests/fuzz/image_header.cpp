// SPDX-License-Identifier: Apache-2.0
// data/image_header: format, size and wholeness of an image file.
#include "data/image_header.hpp"

#include "fuzz/fuzz.hpp"

using namespace graft;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto bytes = fuzz::text_of(data, size);
    try {
        const auto header = data::read_image_header(bytes);
        fuzz::demand(header.width > 0 && header.height > 0, "no side is 0");
        fuzz::demand(header.width * header.height <= data::kMostPixels, "the size is bounded");
        data::check_image_is_whole(bytes, header);
    } catch (const data::BadImageError&) {
        return 0;
    }
    return 0;
}
