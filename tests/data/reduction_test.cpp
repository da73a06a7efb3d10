// SPDX-License-Identifier: Apache-2.0
// What decoding JPEGs at a reduced size costs in accuracy, on real photographs.
#include <algorithm>
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
};

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
            difference.largest = std::max(difference.largest, levels);
        }
        ++difference.images;
    }
    difference.mean = sum / (static_cast<double>(whole.size()) * difference.images);
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
        std::printf("%-26s at %3d: %3d images, mean %.3f, largest %d levels\n", folder, side,
                    difference.images, difference.mean, difference.largest);
        CHECK(difference.images >= 10);
        CHECK(difference.mean < 2);
    }
}
