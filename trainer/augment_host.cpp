// SPDX-License-Identifier: Apache-2.0
#include "trainer/augment_host.hpp"

#include <algorithm>
#include <array>
#include <numbers>

#include <ATen/ops/cos.h>
#include <ATen/ops/empty.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

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
    // The numbers of keyed_normal(), times `deviation`.
    void add_noise(std::uint64_t start, float deviation);

  private:
    std::int64_t numbers() const { return height_ * width_ * 3; }

    float* pixels_;
    std::int64_t height_, width_;
};

void Image::add_noise(std::uint64_t start, float deviation) {
    constexpr std::int64_t kBlock = 8192;
    const std::int64_t half = (numbers() + 1) / 2;
    const at::Tensor all_radius = at::empty({kBlock}, at::kFloat);
    const at::Tensor all_angle = at::empty({kBlock}, at::kFloat);
    for (std::int64_t first = 0; first < half; first += kBlock) {
        const std::int64_t count = std::min(kBlock, half - first);
        const at::Tensor radius = all_radius.narrow(0, 0, count);
        const at::Tensor angle = all_angle.narrow(0, 0, count);
        loops().of_pixels.uniforms(start, first, count, radius.mutable_data_ptr<float>(),
                                   angle.mutable_data_ptr<float>());
        angle.mul_(2 * std::numbers::pi);
        // torch's functions on vectors: the bits of keyed_normal().
        radius.log_().mul_(-2).sqrt_();
        const auto add = [&](const at::Tensor& wave, std::int64_t at, std::int64_t these) {
            loops().of_pixels.add_product(pixels_ + at, wave.const_data_ptr<float>(),
                                          radius.const_data_ptr<float>(), deviation, these);
        };
        add(at::cos(angle), first, count);
        add(angle.sin_(), half + first, std::min(count, numbers() - half - first));
    }
}

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

void augment_image(Image image, const sweep::Training& training, const ImageDraws& draws) {
    ColourMap map;
    bool pending = false;
    const auto recolour = [&] {
        if (pending) {
            image.recolour(map);
            map = ColourMap{};
            pending = false;
        }
    };
    for (const Augmentation operation : training.augment) {
        if (!on_colours(operation)) {
            recolour();
        }
        apply(image, operation, training, draws, map);
        pending = pending || on_colours(operation);
    }
    recolour();
    image.clip();
}

}  // namespace

at::Tensor augment_on_host(const at::Tensor& images, const sweep::Training& training,
                           std::int64_t seed, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples) {
    if (training.augment.empty()) {
        return images;
    }
    const at::Tensor result = images.clone(at::MemoryFormat::ChannelsLast);
    const std::int64_t height = images.size(2), width = images.size(3);
    float* const pixels = result.mutable_data_ptr<float>();
    const auto count = static_cast<std::int64_t>(samples.size());
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
            augment_image({pixels + i * height * width * 3, height, width}, training,
                          {seed, epoch, samples[static_cast<std::size_t>(i)]});
        }
    });
    return result;
}

}  // namespace graft::trainer
