// SPDX-License-Identifier: Apache-2.0
// What decoding JPEGs at a reduced size costs in accuracy, on real photographs.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "core/file.hpp"

#include "data/decode.hpp"
#include "data/files.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

struct Difference {
    int images = 0;
    double mean = 0;  // of absolute differences, in 8-bit levels
    int largest = 0;
    double psnr = 0;  // decibels, of all pixels together
    double bits = 0;  // of 64 in which the square's perceptual hash differs from the picture's
    int most_bits = 0;
};

void add_hashes(const std::filesystem::path& path, int side, Difference& difference) {
    data::Sample sample;
    sample.files = {path};
    std::vector<std::uint8_t> pixels(data::pixel_bytes({side}));
    const auto hash = [&](data::HashOf of) {
        return data::decode_sample("", sample, {side}, of, pixels).perceptual[0];
    };
    const int bits = std::popcount(hash(data::HashOf::picture) ^ hash(data::HashOf::square));
    difference.bits += bits;
    difference.most_bits = std::max(difference.most_bits, bits);
}

// Over every `step`-th picture of a folder that is decoded reduced at all.
Difference measure(const std::filesystem::path& folder, int side, std::size_t step) {
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    Difference difference;
    std::vector<std::uint8_t> reduced(data::pixel_bytes({side}));
    std::vector<std::uint8_t> whole(reduced.size());
    double sum = 0;
    double squares = 0;
    for (std::size_t i = 0; i < paths.size(); i += step) {
        const std::string bytes = core::read_file(paths[i]);
        if (data::jpeg_reduction(data::read_image_header(bytes), side) == 1) {
            continue;
        }
        data::decode_square(bytes, side, reduced.data());
        data::decode_square_whole(bytes, side, whole.data());
        for (std::size_t j = 0; j < whole.size(); ++j) {
            const int levels = std::abs(int{reduced[j]} - int{whole[j]});
            sum += levels;
            squares += levels * levels;
            difference.largest = std::max(difference.largest, levels);
        }
        add_hashes(paths[i], side, difference);
        ++difference.images;
    }
    const double values = static_cast<double>(whole.size()) * difference.images;
    difference.mean = sum / values;
    difference.psnr = 10 * std::log10(255.0 * 255.0 * values / squares);
    difference.bits /= difference.images;
    return difference;
}

}  // namespace

TEST_CASE("reduced decoding stays within two levels of whole decoding on real photographs") {
    const auto shared = tests::shared_directory();
    if (!shared) {
        tests::say_shared_is_absent("reduced decoding of real photographs");
        return;
    }
    struct Set {
        const char* folder;
        int side;
        std::size_t step;
    };
    for (const auto& [folder, side, step] :
         {Set{"data/catsdogs/train", 128, 12}, Set{"data/catsdogs/train", 224, 12},
          Set{"data/retina/train_images", 128, 8}, Set{"data/retina/train_images", 224, 8}}) {
        const auto difference = measure(*shared / folder, side, step);
        std::printf(
            "%-26s at %3d: %3d images, mean %.3f, largest %d levels, %.1f dB; hashes differ "
            "in %.2f bits, %d at most\n",
            folder, side, difference.images, difference.mean, difference.largest, difference.psnr,
            difference.bits, difference.most_bits);
        CHECK(difference.images >= 10);
        CHECK(difference.mean < 2);
        CHECK(difference.psnr > 35);
        CHECK(difference.bits < 2);
    }
}
