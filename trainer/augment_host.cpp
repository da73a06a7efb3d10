// SPDX-License-Identifier: Apache-2.0
#include "trainer/augment_host.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/Parallel.h>

#include "trainer/image_draws.hpp"
#include "trainer/loops.hpp"

namespace graft::trainer {

namespace {

using sweep::Augmentation;

// One image [H, W, 3], worked on in place.
class Image {
  public:
    Image(float* pixels, std::int64_t height, std::int64_t width)
        : pixels_(pixels), height_(height), width_(width) {}

    void flip_rows() {
        for (std::int64_t y = 0; y < height_ / 2; ++y) {
            float* const row = pixels_ + y * width_ * 3;
            std::swap_ranges(row, row + width_ * 3, pixels_ + (height_ - 1 - y) * width_ * 3);
        }
    }
    void flip_columns() {
        for (std::int64_t y = 0; y < height_; ++y) {
            float* left = pixels_ + y * width_ * 3;
            for (float* right = left + (width_ - 1) * 3; left < right; left += 3, right -= 3) {
                std::swap_ranges(left, left + 3, right);
            }
        }
    }
    std::array<double, 3> mean() const {
        std::array<double, 3> sums{};
        loops().of_pixels.sums(pixels_, height_ * width_, sums.data());
        for (double& sum : sums) {
            sum /= static_cast<double>(height_ * width_);
        }
        return sums;
    }
    void recolour(const ColourMap& map) {
        std::array<float, 12> numbers{};
        std::copy(map.matrix.begin(), map.matrix.end(), numbers.begin());
        std::copy(map.shift.begin(), map.shift.end(), numbers.begin() + 9);
        loops().of_pixels.recolour(pixels_, height_ * width_, numbers.data());
    }
    void clip() { loops().of_pixels.clip(pixels_, numbers(), {0, 1}); }
    // The numbers of keyed_normal() but for rounding, times `deviation`.
    void add_noise(std::uint64_t start, float deviation) {
        loops().of_pixels.noise(start, deviation, numbers(), pixels_);
    }

  private:
    std::int64_t numbers() const { return height_ * width_ * 3; }

    float* pixels_;
    std::int64_t height_, width_;
};

// Operations on colours wait in `map` for one that is none.
void apply(Image& image, Augmentation operation, const sweep::Training& training,
           const ImageDraws& draws, ColourMap& map) {
    switch (operation) {
        case Augmentation::flip_horizontal:
            return draws.coin(operation) ? image.flip_columns() : void();
        case Augmentation::flip_vertical:
            return draws.coin(operation) ? image.flip_rows() : void();
        case Augmentation::noise:
            return image.add_noise(draws.key("augment/noise"),
                                   static_cast<float>(training.noise_std));
        default:
            add_colour(map, operation, training, draws, [&] { return image.mean(); });
    }
}

bool on_colours(Augmentation operation) {
    return operation == Augmentation::brightness || operation == Augmentation::contrast ||
           operation == Augmentation::saturation || operation == Augmentation::hue;
}

bool is_flip(Augmentation operation) {
    return operation == Augmentation::flip_horizontal || operation == Augmentation::flip_vertical;
}

// The flips that come before all else.
struct Turned {
    bool rows = false, columns = false;
    std::size_t operations = 0;

    Turned(const std::vector<Augmentation>& list, const ImageDraws& draws) {
        for (; operations < list.size() && is_flip(list[operations]); ++operations) {
            bool& turned = list[operations] == Augmentation::flip_horizontal ? columns : rows;
            turned = turned != draws.coin(list[operations]);
        }
    }
};

void copy_row(const float* from, std::int64_t count, float* to) {
    std::copy_n(from, count, to);
}

void copy_row(const std::uint8_t* from, std::int64_t count, float* to) {
    loops().of_pixels.numbers(from, count, to);
}

// `to` has room for one number more. Four at a time: the next pixel's first is written again.
template <typename T>
void reverse_pixels(const T* from, std::int64_t count, T* to) {
    std::copy_n(from + 3 * (count - 1), 3, to);
    for (std::int64_t x = 1; x < count; ++x) {
        std::memcpy(to + 3 * x, from + 3 * (count - 1 - x), 4 * sizeof(T));
    }
}

// An image [height, width, 3] of numbers in 0..1, or of bytes, as numbers.
template <typename T>
void copy_image(const T* from, std::int64_t height, std::int64_t width, const Turned& turned,
                float* to) {
    const std::int64_t numbers = width * 3;
    std::vector<T> row(static_cast<std::size_t>(turned.columns ? numbers + 1 : 0));
    for (std::int64_t y = 0; y < height; ++y, to += numbers) {
        const T* source = from + (turned.rows ? height - 1 - y : y) * numbers;
        if (turned.columns) {
            reverse_pixels(source, width, row.data());
            source = row.data();
        }
        copy_row(source, numbers, to);
    }
}

// The operations from number `first` on.
void augment_image(Image image, const sweep::Training& training, const ImageDraws& draws,
                   std::size_t first) {
    ColourMap map;
    bool pending = false;
    const auto recolour = [&] {
        if (pending) {
            image.recolour(map);
            map = ColourMap{};
            pending = false;
        }
    };
    for (std::size_t i = first; i < training.augment.size(); ++i) {
        const Augmentation operation = training.augment[i];
        if (!on_colours(operation)) {
            recolour();
        }
        apply(image, operation, training, draws, map);
        pending = pending || on_colours(operation);
    }
    recolour();
    image.clip();
}

// Which images of one size to take in which epoch.
struct Batch {
    std::int64_t height, width;
    const sweep::Training& training;
    std::int64_t seed;
    std::uint64_t epoch;
    std::span<const std::uint32_t> samples;

    // pixels(i): where the i-th lies.
    template <typename Pixels>
    at::Tensor augmented(const Pixels& pixels) const {
        const auto count = static_cast<std::int64_t>(samples.size());
        at::Tensor result =
            at::empty({count, 3, height, width}, at::kFloat, at::MemoryFormat::ChannelsLast);
        float* const to = result.mutable_data_ptr<float>();
        at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
            for (std::int64_t i = begin; i < end; ++i) {
                const ImageDraws draws(seed, epoch, samples[static_cast<std::size_t>(i)]);
                const Turned turned(training.augment, draws);
                float* const image = to + i * height * width * 3;
                copy_image(pixels(i), height, width, turned, image);
                augment_image({image, height, width}, training, draws, turned.operations);
            }
        });
        return result;
    }
};

}  // namespace

at::Tensor augment_on_host(const at::Tensor& images, const sweep::Training& training,
                           std::int64_t seed, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples) {
    if (training.augment.empty()) {
        return images;
    }
    const at::Tensor source = images.contiguous(at::MemoryFormat::ChannelsLast);
    const std::int64_t height = images.size(2), width = images.size(3);
    const float* const pixels = source.const_data_ptr<float>();
    return Batch{height, width, training, seed, epoch, samples}.augmented(
        [&](std::int64_t i) { return pixels + i * height * width * 3; });
}

at::Tensor augment_stored(const at::Tensor& pixels, const sweep::Training& training,
                          std::int64_t seed, std::uint64_t epoch,
                          std::span<const std::uint32_t> samples) {
    const std::int64_t height = pixels.size(1), width = pixels.size(2);
    const std::uint8_t* const bytes = pixels.const_data_ptr<std::uint8_t>();
    return Batch{height, width, training, seed, epoch, samples}.augmented([&](std::int64_t i) {
        return bytes + samples[static_cast<std::size_t>(i)] * height * width * 3;
    });
}

}  // namespace graft::trainer
