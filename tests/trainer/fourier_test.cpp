// SPDX-License-Identifier: Apache-2.0
#include "trainer/fourier.hpp"

#include <cmath>
#include <tuple>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "core/random.hpp"

#include "support/catch.hpp"
#include "trainer/fourier_loops.hpp"
#include "trainer/layers.hpp"
#include "trainer/small_study.hpp"

using namespace graft;

namespace {

at::Tensor numbers(const std::vector<std::int64_t>& size, std::uint64_t seed) {
    core::RandomStream stream("numbers", seed);
    std::int64_t count = 1;
    for (const auto n : size) {
        count *= n;
    }
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        value = stream.uniform(-1, 1);
    }
    return trainer::from_floats(values, size, at::kCPU);
}

struct Case {
    std::int64_t count, channels, filters, height, width, kernel, n;
    bool biased = true;

    at::Tensor images() const {
        return numbers({count, channels, height, width}, 1)
            .contiguous(at::MemoryFormat::ChannelsLast);
    }
    trainer::LayerTensors weights() const {
        trainer::LayerTensors result{numbers({filters, channels, kernel, kernel}, 2)
                                         .contiguous(at::MemoryFormat::ChannelsLast)};
        if (biased) {
            result.push_back(numbers({filters}, 3));
        }
        return result;
    }
};

using Answer = std::vector<at::Tensor>;  // y and the gradients of x, kernel, and bias if any

template <typename Convolve>
Answer answer_of(const Case& given, at::ScalarType type, const Convolve& convolve) {
    at::Tensor x = given.images().to(type).requires_grad_(true);
    auto weights = given.weights();
    for (at::Tensor& tensor : weights) {
        tensor = tensor.to(type).requires_grad_(true);
    }
    const at::Tensor y = convolve(x, weights);
    const at::Tensor dy = numbers({given.count, given.filters, given.height, given.width}, 4);
    (y * dy.to(type)).sum().backward();
    Answer result{y.detach(), x.grad()};
    for (const at::Tensor& tensor : weights) {
        result.push_back(tensor.grad());
    }
    return result;
}

Answer by_waves(const Case& given) {
    return answer_of(given, at::kFloat, [&](const at::Tensor& x, const auto& weights) {
        return trainer::convolve_by_waves(x, weights, given.n);
    });
}

Answer directly(const Case& given, at::ScalarType type) {
    return answer_of(given, type, [&](const at::Tensor& x, const auto& weights) {
        const auto pads = trainer::same_padding(1000, given.kernel, 1);
        const at::Tensor padded =
            at::constant_pad_nd(x, {pads.before, pads.after, pads.before, pads.after}, 0);
        return at::conv2d(padded, weights[0], given.biased ? weights[1] : at::Tensor());
    });
}

// The largest difference, of the largest number.
double distance(const at::Tensor& a, const at::Tensor& exact) {
    return ((a.to(at::kDouble) - exact).abs().max() / exact.abs().max()).item<double>();
}

std::vector<std::vector<float>> bits(const Answer& answer) {
    std::vector<std::vector<float>> result;
    for (const at::Tensor& tensor : answer) {
        result.push_back(trainer::host_floats(tensor));
    }
    return result;
}

}  // namespace

TEST_CASE("a convolution by waves and its gradients equal those in double") {
    tests::set_up_torch_once();
    REQUIRE(trainer::fourier_loops() != nullptr);
    // Images that tiles divide, that they do not, and that are less than a tile, a kernel or both;
    // more tiles than filters and fewer, and
    // more than are worked on at a time; kernels that are padded more on one side; every parity of
    // half the length.
    for (const Case& given : {Case{2, 16, 32, 24, 24, 7, 18}, Case{3, 48, 16, 13, 17, 7, 14},
                              Case{2, 16, 16, 1, 1, 7, 10}, Case{1, 16, 16, 3, 5, 7, 12},
                              Case{5, 16, 16, 31, 9, 5, 8}, Case{2, 32, 48, 12, 12, 5, 16},
                              Case{2, 16, 16, 20, 20, 6, 12}, Case{2, 16, 16, 11, 4, 8, 20},
                              Case{1, 32, 16, 40, 40, 9, 32}, Case{2, 16, 16, 9, 9, 7, 22, false},
                              Case{2, 64, 96, 8, 8, 7, 14}, Case{7, 32, 48, 33, 30, 7, 14}}) {
        CAPTURE(given.height, given.width, given.kernel, given.n);
        const auto ours = by_waves(given), exact = directly(given, at::kDouble);
        REQUIRE(ours.size() == exact.size());
        for (std::size_t i = 0; i < ours.size(); ++i) {
            CAPTURE(i);
            CHECK(ours[i].sizes() == exact[i].sizes());
            CHECK(distance(ours[i], exact[i]) < 2e-6);
        }
    }
}

TEST_CASE("rounding errors of a convolution by waves are no larger than those of a direct one") {
    tests::set_up_torch_once();
    const Case given{8, 32, 64, 24, 24, 7, 18};
    const auto exact = directly(given, at::kDouble);
    const auto ours = by_waves(given), direct = directly(given, at::kFloat);
    for (std::size_t i = 0; i < 3; ++i) {
        CHECK(distance(ours[i], exact[i]) < 1.5 * distance(direct[i], exact[i]));
    }
}

TEST_CASE("a convolution by waves gives the same bits each time, with one thread and with two") {
    tests::set_up_torch_once();
    const int threads = at::get_num_threads();
    for (const Case& given : {Case{7, 32, 48, 33, 30, 7, 14}, Case{2, 64, 96, 8, 8, 7, 14}}) {
        at::set_num_threads(1);
        const auto one = bits(by_waves(given));
        CHECK(bits(by_waves(given)) == one);
        at::set_num_threads(2);
        CHECK(bits(by_waves(given)) == one);
        at::set_num_threads(threads);
    }
}

TEST_CASE("what an image gives does not depend on those beside it") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    // Few images are worked on in another order than many.
    const Case given{40, 16, 32, 24, 24, 7, 18};
    const auto all = trainer::convolve_by_waves(given.images(), given.weights(), given.n);
    for (const std::int64_t count : {1, 3}) {
        const auto some = trainer::convolve_by_waves(given.images().narrow(0, 5, count),
                                                     given.weights(), given.n);
        CHECK(trainer::host_floats(some) == trainer::host_floats(all.narrow(0, 5, count)));
    }
}

TEST_CASE("a gradient that nobody wants is not made, and those that are wanted are as ever") {
    tests::set_up_torch_once();
    const Case given{2, 16, 16, 12, 12, 7, 18};
    const auto all = by_waves(given);
    const at::Tensor dy = numbers({given.count, given.filters, given.height, given.width}, 4);
    for (const std::size_t wanted : {0U, 1U, 2U}) {
        CAPTURE(wanted);
        trainer::LayerTensors weights = given.weights();
        std::vector<at::Tensor> leaves{given.images(), weights[0], weights[1]};
        leaves[wanted].requires_grad_(true);
        (trainer::convolve_by_waves(leaves[0], {leaves[1], leaves[2]}, given.n) * dy)
            .sum()
            .backward();
        for (std::size_t i = 0; i < leaves.size(); ++i) {
            CHECK(leaves[i].grad().defined() == (i == wanted));
        }
        CHECK(trainer::host_floats(leaves[wanted].grad()) == trainer::host_floats(all[wanted + 1]));
    }
}

TEST_CASE("a value that is not a number reaches all results that it is part of") {
    tests::set_up_torch_once();
    const c10::AutoGradMode off(false);
    const Case given{2, 16, 16, 20, 20, 7, 18};
    at::Tensor x = given.images();
    x[1][3][10][10] = NAN;
    const auto y = trainer::convolve_by_waves(x, given.weights(), given.n);
    CHECK(y[1].narrow(1, 7, 7).narrow(2, 7, 7).isnan().all().item<bool>());
    CHECK_FALSE(y[0].isnan().any().item<bool>());
}

TEST_CASE("layers with large kernels and enough channels are convolved by waves") {
    // small_cnn at 64 and 128 px: all but its first layer.
    for (const auto& [side, channels] :
         {std::tuple{32, 32}, std::tuple{64, 32}, std::tuple{16, 64}, std::tuple{32, 64},
          std::tuple{8, 128}, std::tuple{16, 128}}) {
        CAPTURE(side, channels);
        const auto n = trainer::wave_length({side, side, channels, 2 * channels, 7});
        REQUIRE(n.has_value());
        CHECK(*n % 2 == 0);
        CHECK(*n <= trainer::kLongestWave);
    }
    CHECK_FALSE(trainer::wave_length({128, 128, 3, 32, 7}));
    CHECK_FALSE(trainer::wave_length({64, 64, 24, 32, 7}));  // not a multiple of the lanes
    CHECK_FALSE(trainer::wave_length({1, 1, 128, 256, 7}));
    CHECK_FALSE(trainer::wave_length({56, 56, 64, 64, 1}));
}

TEST_CASE(
    "a layer is convolved by waves only in float32, without stride and with its own padding") {
    tests::set_up_torch_once();
    const Case given{2, 32, 64, 32, 32, 7, 0};
    models::Conv2d layer{64, {7, 7}, 1, models::Padding::same, true};
    const auto takes = [&](const models::Conv2d& how, at::ScalarType type) {
        return trainer::wave_length(given.images().to(type), how, type).has_value();
    };
    CHECK(takes(layer, at::kFloat));
    CHECK_FALSE(takes(layer, at::kDouble));
    CHECK_FALSE(takes(layer, at::kBFloat16));
    layer.stride = 2;
    CHECK_FALSE(takes(layer, at::kFloat));
    CHECK_FALSE(takes({64, {7, 7}, 1, models::Padding::valid, true}, at::kFloat));
    CHECK_FALSE(takes({64, {1, 7}, 1, models::Padding::same, true}, at::kFloat));
}

TEST_CASE("a layer gives the same bits frozen and trained, and those of its waves") {
    tests::set_up_torch_once();
    const models::Conv2d layer{64, {7, 7}, 1, models::Padding::same, true};
    const Case given{2, 32, 64, 32, 32, 7, trainer::wave_length({32, 32, 32, 64, 7}).value_or(0)};
    const auto weights = given.weights();
    trainer::PackedConvolution packed;
    const auto trained = trainer::convolve(given.images(), layer, weights, at::kFloat);
    const auto frozen =
        trainer::convolve_frozen(given.images(), layer, weights, at::kFloat, packed);
    CHECK(trainer::host_floats(frozen) == trainer::host_floats(trained));
    CHECK(trainer::host_floats(trained) == bits(by_waves(given)).front());
}

#if defined(__x86_64__)
TEST_CASE("every instruction set gives the same bits of waves") {
    constexpr std::int64_t kLength = 14, kHalf = kLength / 2 + 1, kExtent = 11, kRows = 7;
    constexpr std::int64_t kWidth = 3 * trainer::kFourierLanes;
    constexpr auto kFrequencies = trainer::spectrum_size(kLength);
    const auto floats = [](std::int64_t count, std::uint64_t seed) {
        return trainer::host_floats(numbers({count}, seed));
    };
    const auto pixels = floats(kExtent * kExtent * kWidth, 1);
    const auto table = floats(2 * kHalf * kHalf, 2), factors = floats(2 * kRows * kRows, 3);
    const auto all = [&](const trainer::FourierLoops& of) {
        const trainer::Waves waves{kLength, table.data(), table.data() + kHalf * kHalf};
        std::vector<float> spectrum(2 * kFrequencies * kWidth), image(pixels.size());
        of.transform({pixels.data(), kExtent * kWidth, kWidth, kExtent, 1, 10, 2, 9}, waves,
                     {spectrum.data(), 2 * kWidth, kWidth});
        auto product = spectrum;
        of.multiply({factors.data(), kRows, 1, kRows * kRows, spectrum.data(), 2 * kWidth, kWidth,
                     product.data(), 2 * kWidth, kWidth, kRows, kRows, kWidth,
                     trainer::ComplexProduct::Into::sum});
        of.inverse({product.data(), 2 * kWidth, kWidth}, waves, waves, pixels.data(),
                   {image.data(), kExtent * kWidth, kWidth, kExtent, 0, kExtent, 0, 9});
        return std::vector{spectrum, product, image};
    };
    if (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma")) {
        CHECK(all(trainer::fourier_loops_avx512()) == all(trainer::fourier_loops_avx2()));
    }
}
#endif
