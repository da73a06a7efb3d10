// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/image_header.hpp"
#include "data/manifest.hpp"

namespace graft::data {

// Pictures become RGB, 8 bits: grey repeated, palettes looked up, alpha dropped, 16 bits by their
// upper 8, CMYK converted. EXIF orientation is ignored, as Keras' loader does. Height and width are
// stretched to the target each on its own, as Keras does; shrinking averages areas, enlarging is
// bilinear.

// How much a JPEG may be shrunk while decoding (1, 2, 4 or 8): most, so that the reduced picture
// still has `side` pixels in both directions. Always 1 for other formats.
int jpeg_reduction(const ImageHeader& header, int side);

// One picture of side x side x 3 into `into`. Throws BadImageError.
void decode_square(std::string_view bytes, int side, std::uint8_t* into);

// The same from the picture decoded whole, for measuring what the reduction costs.
void decode_square_whole(std::string_view bytes, int side, std::uint8_t* into);

// 64 bits: of the 8 x 8 lowest frequencies of the grey picture at 32 x 32 (DCT-II, the mean left
// out, the next one of its row in its place), whether each is above their median ("pHash"; Zauner,
// "Implementation and benchmarking of perceptual image hash functions", 2010). Computed in double
// precision from a size of its own: the same for every target size.
std::uint64_t perceptual_hash(const std::vector<std::string>& files);

// Of what perceptual hashes are. The picture's is the same for every target size, so it decides on
// splits; but it is mostly of another size than the pixels asked for, and then decodes the files a
// second time. A square's costs next to nothing. Squares below 64 pixels get the picture's.
enum class HashOf { picture, square };

// What one sample comes to. The pixels stand beside it, one square per side.
struct DecodedSample {
    std::string content;                    // hash of its files' bytes, one after the other
    std::vector<std::uint64_t> perceptual;  // beside the sides
    std::uint64_t largest_side = 0;         // as largest_side() gives it
};

// Reads and decodes one sample: a file, or one per channel merged in their order. `pixels` takes
// the squares of `sides`, one after the other. Throws BadImageError.
DecodedSample decode_sample(const std::filesystem::path& root, const Sample& sample,
                            const std::vector<int>& sides, HashOf hash_of_what,
                            std::span<std::uint8_t> pixels);

// The largest side that the headers of a sample's files state. Throws BadImageError.
std::uint64_t largest_side(const std::filesystem::path& root, const Sample& sample);

// Bytes that decode_sample() fills.
std::uint64_t pixel_bytes(const std::vector<int>& sides);

// For a process that does nothing but decode: no threads of OpenCV's own, and memory is kept from
// picture to picture.
void decode_with_one_thread();

}  // namespace graft::data
