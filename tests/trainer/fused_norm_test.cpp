// SPDX-License-Identifier: Apache-2.0
#include "trainer/fused_norm.hpp"

#include <cmath>

#include <ATen/ops/clamp.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>

#include "core/random.hpp"

#include "support/catch.hpp"
#include "trainer/loops.hpp"
#include "trainer/loops_alike.hpp"
#include "trainer/small_study.hpp"

using namespace graft;

namespace {

constexpr double kMomentum = 0.9;

// Numbers in -1..1, the same in every run.
std::vector<float> numbers(std::int64_t count, std::uint64_t seed) {
    core::RandomStream stream("numbers", seed);
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& value : values) {
        value = stream.uniform(-1, 1);
    }
    return values;
}

struct Case {
    std::vector<std::int64_t> shape;
    bool scale;
    trainer::Clip clip;
    at::ScalarType type = at::kDouble;

    at::Tensor tensor(std::uint64_t seed, const std::vector<std::int64_t>& size) const {
        std::int64_t count = 1;
        for (const auto n : size) {
            count *= n;
        }
        return trainer::from_floats(numbers(count, seed), size, at::kCPU).to(type);
    }
    at::Tensor images() const {
        return (tensor(1, shape) * 3 + 1).contiguous(at::MemoryFormat::ChannelsLast);
    }
    trainer::BatchNormTensors weights() const {
        const std::vector<std::int64_t> channels{shape[1]};
        trainer::BatchNormTensors result{
            {}, tensor(3, channels) * 2, tensor(4, channels), tensor(5, channels) + 2};
        if (scale) {
            result.gamma = tensor(2, channels) + 2;
        }
        return result;
    }
};

struct Answer {
    at::Tensor y, dx, dgamma, dbeta, mean, variance;
};

// y, moving statistics, and the gradients of sum(y * weights) by `norm`.
template <typename Norm>
Answer answer_of(const Case& given, const Norm& norm) {
    at::Tensor x = given.images().requires_grad_(true);
    auto weights = given.weights();
    weights.beta.requires_grad_(true);
    if (given.scale) {
        weights.gamma.requires_grad_(true);
    }
    const at::Tensor y = norm(x, weights);
    (y * given.tensor(6, given.shape)).sum().backward();
    return {y.detach(),          x.grad(),     given.scale ? weights.gamma.grad() : at::Tensor(),
            weights.beta.grad(), weights.mean, weights.variance};
}

Answer fused(const Case& given) {
    return answer_of(given, [&](const at::Tensor& x, const trainer::BatchNormTensors& weights) {
        models::BatchNorm layer;
        layer.scale = given.scale;
        return trainer::norm_and_clip(x, layer, weights, kMomentum, given.clip);
    });
}

// The formula in whole tensors, differentiated by torch.
Answer by_formula(const Case& given) {
    return answer_of(given, [&](const at::Tensor& x, const trainer::BatchNormTensors& weights) {
        const std::vector<std::int64_t> over{0, 2, 3};
        const auto per_channel = [](const at::Tensor& t) { return t.view({1, -1, 1, 1}); };
        const at::Tensor mean = x.mean(over, true);
        const at::Tensor variance = (x - mean).square().mean(over, true);
        at::Tensor z = (x - mean) / (variance + models::BatchNorm{}.epsilon).sqrt();
        if (weights.gamma.defined()) {
            z = z * per_channel(weights.gamma);
        }
        z = z + per_channel(weights.beta);
        const auto move = [](at::Tensor moving, const at::Tensor& batch) {
            moving.mul_(kMomentum).add_(batch.detach().flatten(), 1 - kMomentum);
        };
        move(weights.mean, mean);
        move(weights.variance, variance);
        switch (given.clip) {
            case trainer::Clip::relu:
                return z.relu();
            case trainer::Clip::relu6:
                return at::clamp(z, 0, 6);
            case trainer::Clip::none:
                break;
        }
        return z;
    });
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
    return trainer::host_floats(a) == trainer::host_floats(b);
}

}  // namespace

TEST_CASE("batch norm with its activation equals the formula and its derivatives") {
    // Channels that fill vectors, share them and overflow them; rows that fill pieces and do not.
    const std::vector<std::vector<std::int64_t>> shapes{{2, 3, 5, 7},  {3, 8, 31, 31},
                                                        {2, 24, 4, 4}, {2, 64, 17, 16},
                                                        {3, 80, 1, 1}, {2, 1, 150, 9}};
    for (const auto& shape : shapes) {
        for (const bool scale : {true, false}) {
            for (const auto clip :
                 {trainer::Clip::none, trainer::Clip::relu, trainer::Clip::relu6}) {
                CAPTURE(shape, scale, static_cast<int>(clip));
                const Case given{shape, scale, clip};
                const Answer ours = fused(given), expected = by_formula(given);
                CHECK(largest_difference(ours.y, expected.y) < 1e-12);
                CHECK(largest_difference(ours.dx, expected.dx) < 1e-12);
                CHECK(largest_difference(ours.dbeta, expected.dbeta) < 1e-10);
                CHECK(largest_difference(ours.mean, expected.mean) < 1e-12);
                CHECK(largest_difference(ours.variance, expected.variance) < 1e-12);
                CHECK(ours.dgamma.defined() == scale);
                if (scale) {
                    CHECK(largest_difference(ours.dgamma, expected.dgamma) < 1e-10);
                }
            }
        }
    }
}

TEST_CASE("batch norm in float32 gives the same bits with one thread and with two") {
    const Case given{{2, 24, 64, 50}, true, trainer::Clip::relu6, at::kFloat};
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const Answer one = fused(given);
    at::set_num_threads(2);
    const Answer two = fused(given);
    at::set_num_threads(threads);
    CHECK(same_bits(one.y, two.y));
    CHECK(same_bits(one.dx, two.dx));
    CHECK(same_bits(one.dgamma, two.dgamma));
    CHECK(same_bits(one.variance, two.variance));
    const Case exact{given.shape, true, trainer::Clip::relu6};
    CHECK(largest_difference(one.dx.to(at::kDouble), fused(exact).dx) < 1e-5);
}

TEST_CASE("a mean far from zero does not cost batch norm its variance") {
    Case given{{2, 8, 64, 64}, true, trainer::Clip::none, at::kFloat};
    const at::Tensor x = given.images() + 1000;
    const auto weights = given.weights();
    trainer::norm_and_clip(x, {}, weights, 0, trainer::Clip::none);
    const at::Tensor far = x.to(at::kDouble);
    const at::Tensor exact = far.var(std::vector<std::int64_t>{0, 2, 3}, false);
    CHECK(largest_difference(weights.variance.to(at::kDouble) / exact, exact / exact) < 1e-5);
}

TEST_CASE("a value that is not a number reaches the result of batch norm with its ReLU") {
    const Case given{{2, 3, 4, 4}, true, trainer::Clip::relu6, at::kFloat};
    at::Tensor x = given.images();
    x[0][1][2][3] = NAN;
    const auto y = trainer::norm_and_clip(x, {}, given.weights(), 0.9, given.clip);
    CHECK(y.select(1, 1).isnan().all().item<bool>());
    CHECK_FALSE(y.select(1, 0).isnan().any().item<bool>());
}

#if defined(__x86_64__)
TEST_CASE("every instruction set gives the same bits") {
    constexpr std::int64_t kRows = 37, kColumns = 3 * trainer::kWidth<float>;
    const auto x = numbers(kRows * kColumns, 1), dy = numbers(kRows * kColumns, 2),
               scale = numbers(kColumns, 3), shift = numbers(kColumns, 4),
               mean = numbers(kColumns, 5);
    const auto all = [&](const trainer::Loops& of) {
        const auto& loops = of.of_floats;
        const trainer::Matrix<float> matrix{x.data(), kRows, kColumns};
        const trainer::WideAffine<float> affine{scale.data(), shift.data(), {0, 0.5F}};
        std::vector<float> sums(kColumns), squares(kColumns), dz(kColumns), products(kColumns);
        std::vector<float> y(x.size()), dx(x.size());
        loops.sum(matrix, sums.data());
        loops.square(matrix, mean.data(), squares.data());
        loops.affine(matrix, affine, y.data());
        loops.gradient_sum(matrix, dy.data(), affine, mean.data(), dz.data(), products.data());
        loops.input_gradient(matrix, dy.data(), affine, {mean.data(), sums.data(), scale.data()},
                             dx.data());
        auto pixels = x;
        std::vector<double> pixel_sums(3);
        of.of_pixels.sums(x.data(), kRows * kColumns / 3, pixel_sums.data());
        of.of_pixels.recolour(pixels.data(), kRows * kColumns / 3, scale.data());
        of.of_pixels.noise(7, 0.3F, kRows * kColumns - 1, pixels.data());
        of.of_pixels.clip(pixels.data(), kRows * kColumns - 1, {0, 0.5F});
        std::vector<std::uint8_t> bytes(251);
        std::iota(bytes.begin(), bytes.end(), std::uint8_t{3});
        std::vector<float> numbers(bytes.size()), mask(kColumns - 1);
        of.of_pixels.numbers(bytes.data(), 251, numbers.data());
        of.of_pixels.dropout(9, 0.4F, 2.5F, kColumns - 1, mask.data());
        dz.insert(dz.end(), pixel_sums.begin(), pixel_sums.end());
        auto weight = x, first = dy, second = pixels;
        of.optimizer_of_floats.adam({0.1F, 0.999F, 0.001F, 0.01F, 1e-7F, 0.02F, 0.99F},
                                    kRows * kColumns - 1, dy.data(), weight.data(), first.data(),
                                    second.data());
        auto slid = x, velocity = dy;
        of.optimizer_of_floats.sgd({0.9F, 1, 0.9F, 0.01F, 0.02F}, kRows * kColumns - 1, dy.data(),
                                   slid.data(), velocity.data());
        return std::vector{sums,   squares, dz,     products, y,    dx,   pixels,
                           weight, first,   second, numbers,  mask, slid, velocity};
    };
    tests::check_loops_alike(all);
}
#endif
