// SPDX-License-Identifier: Apache-2.0
#include "trainer/augment.hpp"

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <ATen/ops/addcmul.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/eye.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/mean.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/TensorOperators.h>

#include "core/random.hpp"

#include "trainer/augment_host.hpp"
#include "trainer/colour.hpp"
#include "trainer/keyed.hpp"

namespace graft::trainer {

namespace {

using sweep::Augmentation;

// The draws of one batch for one operation.
class Draws {
  public:
    Draws(std::int64_t seed, std::uint64_t epoch, std::span<const std::uint32_t> samples)
        : seed_(seed), epoch_(epoch), samples_(samples) {}

    // make(u), u uniform in [0, 1), appended for every image: a tensor of `shape`.
    at::Tensor tensor(Augmentation operation, at::IntArrayRef shape, at::Device device,
                      const std::function<void(double, std::vector<float>&)>& make) const {
        const std::string purpose = "augment/" + std::string(core::name_of(operation));
        std::vector<float> values;
        for (const auto sample : samples_) {
            core::RandomStream stream(purpose, static_cast<std::uint64_t>(seed_), epoch_, sample);
            make(stream.uniform_double(), values);
        }
        return at::from_blob(values.data(), shape, at::kFloat).clone().to(device);
    }
    RowKeys keys(std::string_view purpose) const { return {purpose, seed_, epoch_, samples_}; }
    std::int64_t count() const { return static_cast<std::int64_t>(samples_.size()); }

  private:
    std::int64_t seed_;
    std::uint64_t epoch_;
    std::span<const std::uint32_t> samples_;
};

// A pending map x -> matrix x + shift of every image's colours; matrix [N, 3, 3], shift [N, 3, 1].
class TensorColours {
  public:
    explicit TensorColours(const at::Tensor& images)
        : images_(images),
          matrix_(at::eye(3, images.options()).expand({images.size(0), 3, 3}).clone()),
          shift_(at::zeros({images.size(0), 3, 1}, images.options())) {}

    void add(const at::Tensor& shift) { shift_ = shift_ + shift; }
    void multiply(const at::Tensor& matrix) {
        matrix_ = at::bmm(matrix, matrix_);
        shift_ = at::bmm(matrix, shift_);
    }
    void scale_about_mean(const at::Tensor& factor) {
        const at::Tensor before = at::mean(images_, at::IntArrayRef{2, 3}).unsqueeze(2);
        const at::Tensor mean = at::bmm(matrix_, before) + shift_;
        matrix_ = matrix_ * factor;
        shift_ = shift_ * factor + mean * (1 - factor);
    }
    at::Tensor apply() const {
        at::Tensor result = at::empty_like(images_);
        for (std::int64_t c = 0; c < 3; ++c) {
            at::Tensor channel = result.select(1, c);
            const auto weight = [&](std::int64_t k) {
                return matrix_.select(1, c).select(1, k).view({-1, 1, 1});
            };
            channel.copy_(shift_.select(1, c).unsqueeze(2));
            for (std::int64_t k = 0; k < 3; ++k) {
                channel.addcmul_(images_.select(1, k), weight(k));
            }
        }
        return result;
    }

  private:
    at::Tensor images_, matrix_, shift_;
};

at::Tensor flip(const at::Tensor& images, const Draws& draws, Augmentation operation, int axis) {
    const at::Tensor chosen =
        draws.tensor(operation, {draws.count(), 1, 1, 1}, images.device(),
                     [](double u, std::vector<float>& to) { to.push_back(u < 0.5 ? 1 : 0); });
    return at::where(chosen.gt(0), images.flip({axis}), images);
}

at::Tensor noisy(const at::Tensor& images, const Draws& draws, double std) {
    const std::int64_t count = images.size(0);
    const at::Tensor normal =
        keyed_normal(draws.keys("augment/noise"), images.numel() / count, images.device());
    // The numbers of an image lie in the order of its memory, [H, W, C].
    return images +
           normal.view({count, images.size(2), images.size(3), 3}).permute({0, 3, 1, 2}).mul_(std);
}

// One colour operation onto the map.
void add_to_colours(TensorColours& map, Augmentation operation, const sweep::Training& training,
                    const Draws& draws, at::Device device) {
    const auto numbers = [&](double centre, double range) {
        return draws.tensor(operation, {draws.count(), 1, 1}, device,
                            [=](double u, std::vector<float>& to) {
                                to.push_back(static_cast<float>(centre + range * (2 * u - 1)));
                            });
    };
    const auto matrices = [&](double centre, double range, ColourMatrix (*make)(double)) {
        return draws.tensor(operation, {draws.count(), 3, 3}, device,
                            [=](double u, std::vector<float>& to) {
                                for (const double x : make(centre + range * (2 * u - 1))) {
                                    to.push_back(static_cast<float>(x));
                                }
                            });
    };
    switch (operation) {
        case Augmentation::brightness:
            return map.add(numbers(0, training.brightness));
        case Augmentation::contrast:
            return map.scale_about_mean(numbers(1, training.contrast));
        case Augmentation::saturation:
            return map.multiply(matrices(1, training.saturation, saturation_matrix));
        case Augmentation::hue:
            return map.multiply(matrices(0, training.hue, hue_matrix));
        default:
            throw std::logic_error("not an operation on colours");
    }
}

}  // namespace

at::Tensor augment(at::Tensor images, const sweep::Training& training, std::int64_t seed,
                   std::uint64_t epoch, std::span<const std::uint32_t> samples) {
    if (images.device().is_cpu()) {
        return augment_on_host(images, training, seed, epoch, samples);
    }
    return augment_by_tensors(std::move(images), training, seed, epoch, samples);
}

at::Tensor augment_by_tensors(at::Tensor images, const sweep::Training& training, std::int64_t seed,
                              std::uint64_t epoch, std::span<const std::uint32_t> samples) {
    const Draws draws(seed, epoch, samples);
    std::optional<TensorColours> colours;
    const auto apply_colours = [&] {
        if (colours) {
            images = colours->apply();
            colours.reset();
        }
    };
    for (const Augmentation operation : training.augment) {
        switch (operation) {
            case Augmentation::flip_horizontal:
            case Augmentation::flip_vertical:
                apply_colours();
                images = flip(images, draws, operation,
                              operation == Augmentation::flip_horizontal ? 3 : 2);
                break;
            case Augmentation::noise:
                apply_colours();
                images = noisy(images, draws, training.noise_std);
                break;
            default:
                if (!colours) {
                    colours.emplace(images);
                }
                add_to_colours(*colours, operation, training, draws, images.device());
        }
    }
    apply_colours();
    return training.augment.empty() ? images : images.clamp(0, 1);
}

}  // namespace graft::trainer
