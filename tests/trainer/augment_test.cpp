// SPDX-License-Identifier: Apache-2.0
#include "trainer/augment.hpp"

#include <cmath>
#include <numeric>
#include <vector>

#include <ATen/ops/empty.h>
#include <ATen/TensorOperators.h>

#include "core/random.hpp"

#include "support/catch.hpp"
#include "trainer/augment_host.hpp"
#include "trainer/dataset.hpp"
#include "trainer/keyed.hpp"
#include "trainer/loops.hpp"
#include "trainer/small_study.hpp"
#include "trainer/tensors.hpp"

using namespace graft;
using sweep::Augmentation;
using Samples = std::vector<std::uint32_t>;

namespace {

// [n, 3, 6, 5] in 0.3..0.7, channels_last, away from the clip.
at::Tensor pictures(std::int64_t count) {
    return (tests::ramp({count, 6, 5, 3}).permute({0, 3, 1, 2}) * 0.2 + 0.5);
}

sweep::Training only(std::vector<Augmentation> operations) {
    sweep::Training training;
    training.augment = std::move(operations);
    return training;
}

at::Tensor augmented(const at::Tensor& images, const sweep::Training& training,
                     const Samples& samples, std::int64_t seed = 1, std::uint64_t epoch = 1) {
    return trainer::augment(images, training, seed, epoch, samples);
}

std::vector<float> floats(const at::Tensor& tensor) {
    return trainer::host_floats(tensor);
}

double largest(const at::Tensor& tensor) {
    return tensor.abs().max().item<double>();
}

Samples numbered(std::uint32_t count) {
    Samples samples(count);
    std::iota(samples.begin(), samples.end(), 0U);
    return samples;
}

}  // namespace

TEST_CASE("augmentation depends on seed, epoch and sample, and not on the batch") {
    tests::set_up_torch_once();
    const at::Tensor images = pictures(4);
    const sweep::Training training;
    const auto all = augmented(images, training, {10, 11, 12, 13});
    const auto pair = augmented(images.narrow(0, 2, 2), training, {12, 13});
    CHECK(largest(all.narrow(0, 2, 2) - pair) < 1e-6);
    CHECK(floats(all) == floats(augmented(images, training, {10, 11, 12, 13})));
    CHECK(floats(all) != floats(augmented(images, training, {10, 11, 12, 14})));
    CHECK(floats(all) != floats(augmented(images, training, {10, 11, 12, 13}, 2)));
    CHECK(floats(all) != floats(augmented(images, training, {10, 11, 12, 13}, 1, 2)));
    CHECK(all.min().item<float>() >= 0);
    CHECK(all.max().item<float>() <= 1);
}

TEST_CASE("flips turn half of the images, whole") {
    tests::set_up_torch_once();
    const auto samples = numbered(200);
    const at::Tensor images = pictures(200);
    for (const auto& [operation, axis] :
         {std::pair(Augmentation::flip_horizontal, 3), std::pair(Augmentation::flip_vertical, 2)}) {
        const auto result = augmented(images, only({operation}), samples);
        int turned = 0;
        for (std::int64_t i = 0; i < 200; ++i) {
            const auto image = floats(result[i]);
            const bool same = image == floats(images[i]);
            CHECK(same != (image == floats(images[i].flip({axis - 1}))));
            turned += same ? 0 : 1;
        }
        CHECK(turned > 75);
        CHECK(turned < 125);
    }
}

TEST_CASE("colour operations stay in their ranges and leave alone what they should") {
    tests::set_up_torch_once();
    const auto samples = numbered(100);
    const at::Tensor images = pictures(100);
    const auto shift = augmented(images, only({Augmentation::brightness}), samples) - images;
    CHECK(largest(shift) <= 0.1 + 1e-6);
    CHECK(largest(shift) > 0.09);
    CHECK(largest(shift - shift.narrow(1, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1)) < 1e-6);

    const auto contrast = augmented(images, only({Augmentation::contrast}), samples);
    const auto mean = images.mean(at::IntArrayRef{2, 3}, true);
    CHECK(largest(contrast.mean(at::IntArrayRef{2, 3}, true) - mean) < 1e-6);
    const auto factor =
        (contrast - mean).abs().sum({1, 2, 3}) / (images - mean).abs().sum({1, 2, 3});
    CHECK(factor.min().item<float>() < 0.82);
    CHECK(factor.min().item<float>() >= 0.8F - 1e-5F);
    CHECK(factor.max().item<float>() <= 1.2F + 1e-5F);

    const at::Tensor grey = images.narrow(1, 0, 1).expand({100, 3, 6, 5});
    const auto luma = [](const at::Tensor& x) {
        return x.select(1, 0) * 0.299 + x.select(1, 1) * 0.587 + x.select(1, 2) * 0.114;
    };
    for (const auto operation : {Augmentation::saturation, Augmentation::hue}) {
        CHECK(largest(augmented(grey, only({operation}), samples) - grey) < 1e-6);
        const auto moved = augmented(images, only({operation}), samples);
        CHECK(largest(luma(moved) - luma(images)) < 1e-6);
        CHECK(largest(moved - images) > 0.01);
    }
}

TEST_CASE("the listed order counts, and the clip comes last") {
    tests::set_up_torch_once();
    const at::Tensor images = pictures(8);
    const auto samples = numbered(8);
    const auto one = [&](at::Tensor x, Augmentation operation) {
        return augmented(x, only({operation}), samples);
    };
    using A = Augmentation;
    // One after the other is the list, as long as nothing is clipped.
    const auto stepwise = one(one(one(images, A::saturation), A::contrast), A::brightness);
    const auto listed =
        augmented(images, only({A::saturation, A::contrast, A::brightness}), samples);
    CHECK(largest(stepwise - listed) < 1e-6);
    const auto noise_first = augmented(images, only({A::noise, A::contrast}), samples);
    CHECK(largest(noise_first - one(one(images, A::noise), A::contrast)) < 1e-6);
    CHECK(largest(noise_first - augmented(images, only({A::contrast, A::noise}), samples)) > 1e-4);
    const at::Tensor white = images * 0 + 1;
    CHECK(augmented(white, only({A::brightness, A::noise}), samples).max().item<float>() == 1);
}

TEST_CASE("augmentation on the processor is that of whole tensors, which a GPU takes") {
    tests::set_up_torch_once();
    const auto samples = numbered(12);
    // More numbers than are drawn at once, and an odd count of them.
    const at::Tensor images = (tests::ramp({12, 75, 77, 3}).permute({0, 3, 1, 2}) * 0.4 + 0.5);
    using A = Augmentation;
    const auto difference = [&](std::vector<A> operations) {
        const auto training = only(std::move(operations));
        return (augmented(images, training, samples, 3, 5) -
                trainer::augment_by_tensors(images, training, 3, 5, samples))
            .abs()
            .max()
            .item<float>();
    };
    CHECK(difference({A::flip_horizontal}) == 0);
    CHECK(difference({A::flip_vertical}) == 0);
    CHECK(difference({A::noise}) < 1e-7);
    CHECK(difference(sweep::Training{}.augment) < 2e-6);
    CHECK(difference({A::hue, A::noise, A::contrast, A::flip_vertical, A::saturation}) < 2e-6);
    CHECK(difference({}) == 0);
}

TEST_CASE("stored pixels are augmented as the images that they are, to the bit") {
    tests::set_up_torch_once();
    const Samples samples{3, 0, 4, 4, 1};
    const at::Tensor pixels =
        (tests::ramp({5, 21, 27, 3}) * 127 + 128).to(at::kByte);  // odd sizes, no whole vectors
    using A = Augmentation;
    for (const auto& operations :
         {sweep::Training{}.augment, std::vector<A>{}, std::vector<A>{A::flip_horizontal},
          std::vector<A>{A::flip_vertical, A::contrast}, std::vector<A>{A::noise}}) {
        const auto training = only(operations);
        for (const std::uint64_t epoch : {1, 2, 3}) {
            at::Tensor images = at::empty({5, 3, 21, 27}, at::kFloat);
            for (std::int64_t i = 0; i < 5; ++i) {
                const std::int64_t row = samples[static_cast<std::size_t>(i)];
                images[i] = trainer::pixels_as_images(pixels.narrow(0, row, 1), at::kCPU)[0];
            }
            CHECK(floats(trainer::augment_stored(pixels, training, 1, epoch, samples)) ==
                  floats(augmented(images, training, samples, 1, epoch)));
        }
    }
}

TEST_CASE("colours are recalculated pixel by pixel, whatever vectors do") {
    const std::vector<float> map{0.9F, 0.2F, -0.1F, 0.05F,  1.1F, 0.07F,
                                 0.3F, 0.1F, 0.8F,  -0.02F, 0.1F, 0.3F};
    for (const std::size_t count : {1U, 2U, 15U, 16U, 33U, 48U, 49U, 100U}) {
        std::vector<float> pixels(3 * count);
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] = static_cast<float>((i * 37) % 101) / 101;
        }
        std::vector<float> expected;
        for (std::size_t i = 0; i < count; ++i) {
            for (std::size_t c = 0; c < 3; ++c) {
                float sum = map[9 + c];
                for (std::size_t k = 0; k < 3; ++k) {
                    sum += map[3 * c + k] * pixels[3 * i + k];
                }
                expected.push_back(sum);
            }
        }
        trainer::loops().of_pixels.recolour(pixels.data(), static_cast<std::int64_t>(count),
                                            map.data());
        CHECK(pixels == expected);
    }
}

TEST_CASE("the processor's noise and dropout are the keyed numbers") {
    const Samples sample{5};
    const trainer::RowKeys keys{"test", 3, 4, sample};
    const auto start = core::RandomStream("test", 3, 4, 5).next_u64();
    constexpr std::int64_t kCount = 100'001;
    std::vector<float> noise(kCount, 0.0F);
    trainer::loops().of_pixels.noise(start, 1, kCount, noise.data());
    const auto normal = floats(trainer::keyed_normal(keys, kCount, at::kCPU));
    double largest_error = 0;
    for (std::size_t i = 0; i < noise.size(); ++i) {
        largest_error = std::fmax(largest_error, std::fabs(noise[i] - normal[i]));
    }
    CHECK(largest_error < 1.5e-6);  // three units in the last place of the largest radius
    CHECK(floats(trainer::dropout_mask(keys, 999, 0.3, at::kCPU)) ==
          floats(trainer::keyed_uniform(keys, 999, at::kCPU).ge(0.3).to(at::kFloat) *
                 static_cast<float>(1 / 0.7)));
}

TEST_CASE("keyed numbers have the moments of their distributions") {
    tests::set_up_torch_once();
    const auto samples = numbered(16);
    const trainer::RowKeys keys{"test", 3, 4, samples};
    const auto uniform = trainer::keyed_uniform(keys, 10001, at::kCPU).to(at::kDouble);
    CHECK(uniform.mean().item<double>() == Approx(0.5).margin(0.005));
    CHECK(uniform.min().item<double>() >= 0);
    CHECK(uniform.max().item<double>() < 1);
    const auto normal = trainer::keyed_normal(keys, 10001, at::kCPU).to(at::kDouble);
    CHECK(normal.size(1) == 10001);
    CHECK(normal.mean().item<double>() == Approx(0).margin(0.01));
    CHECK(normal.pow(2).mean().item<double>() == Approx(1).margin(0.02));
    CHECK(normal.pow(4).mean().item<double>() == Approx(3).margin(0.15));
    // Rows and neighbours are unrelated.
    CHECK((normal[0] * normal[1]).mean().item<double>() == Approx(0).margin(0.05));
    CHECK((normal.narrow(1, 0, 10000) * normal.narrow(1, 1, 10000)).mean().item<double>() ==
          Approx(0).margin(0.02));
    const auto mask = trainer::dropout_mask(keys, 5000, 0.25, at::kCPU);
    CHECK(mask.gt(0).to(at::kDouble).mean().item<double>() == Approx(0.75).margin(0.01));
    CHECK(mask.max().item<float>() == Approx(1 / 0.75));
    CHECK(mask.mean().item<double>() == Approx(1).margin(0.02));
}
