// SPDX-License-Identifier: Apache-2.0
#include "trainer/depthwise.hpp"

#include <functional>
#include <vector>

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "support/catch.hpp"
#include "trainer/loops.hpp"
#include "trainer/loops_alike.hpp"
#include "trainer/small_study.hpp"
#include "trainer/tensors.hpp"

using namespace graft;

namespace {

struct Case {
    std::int64_t images, channels, height, width;
    int stride;
    models::Padding padding;

    trainer::DepthwisePads pads() const {
        if (padding == models::Padding::valid) {
            return {stride, {}, {}};
        }
        return {stride, trainer::same_padding(height, 3, stride),
                trainer::same_padding(width, 3, stride)};
    }
    at::Tensor x() const {
        return tests::ramp({images, height, width, channels}).permute({0, 3, 1, 2});
    }
    at::Tensor kernel() const { return tests::ramp({channels, 1, 3, 3}) * 0.7 + 0.1; }
};

struct Answer {
    at::Tensor y, dx, dkernel;
};

// The result, and the gradients of the sum of its products with a ramp.
Answer answer(const Case& given, at::ScalarType type,
              const std::function<at::Tensor(const at::Tensor&, const at::Tensor&)>& convolve) {
    at::Tensor x = given.x().to(type).requires_grad_(true);
    at::Tensor kernel = given.kernel().to(type).requires_grad_(true);
    const at::Tensor y = convolve(x, kernel);
    const at::Tensor weights =
        tests::ramp({y.size(0), y.size(2), y.size(3), y.size(1)}).permute({0, 3, 1, 2}).to(type);
    (y * weights).sum().backward();
    return {y.detach(), x.grad(), kernel.grad()};
}

Answer own(const Case& given) {
    return answer(given, at::kFloat, [&](const at::Tensor& x, const at::Tensor& kernel) {
        REQUIRE(trainer::takes_depthwise(x, kernel));
        return trainer::depthwise(x, kernel, given.pads());
    });
}

// By LibTorch, in double, on images padded beforehand.
Answer exact(const Case& given) {
    return answer(given, at::kDouble, [&](const at::Tensor& x, const at::Tensor& kernel) {
        const auto pads = given.pads();
        const at::Tensor padded = at::constant_pad_nd(
            x, {pads.columns.before, pads.columns.after, pads.rows.before, pads.rows.after}, 0);
        const std::vector<std::int64_t> stride(2, given.stride), padding(2, 0), dilation(2, 1);
        return at::conv2d(padded, kernel, at::Tensor(), stride, padding, dilation, given.channels);
    });
}

double largest_share(const at::Tensor& a, const at::Tensor& b) {
    return ((a.to(at::kDouble) - b).abs().max() / b.abs().max()).item<double>();
}

bool same_bits(const at::Tensor& a, const at::Tensor& b) {
    return trainer::host_floats(a) == trainer::host_floats(b);
}

}  // namespace

TEST_CASE("an own depthwise convolution and its gradients are LibTorch's in double") {
    tests::set_up_torch_once();
    using P = models::Padding;
    for (const int stride : {1, 2, 3}) {
        for (const P padding : {P::same, P::valid}) {
            for (const auto& [height, width] : std::vector<std::pair<std::int64_t, std::int64_t>>{
                     {3, 3}, {4, 4}, {5, 8}, {8, 5}, {12, 13}, {7, 16}}) {
                for (const std::int64_t channels : {1, 8, 22, 32, 47}) {
                    const Case given{2, channels, height, width, stride, padding};
                    CAPTURE(stride, padding == P::same, height, width, channels);
                    const Answer mine = own(given), theirs = exact(given);
                    REQUIRE(mine.y.sizes() == theirs.y.sizes());
                    CHECK(largest_share(mine.y, theirs.y) < 5e-6);
                    CHECK(largest_share(mine.dx, theirs.dx) < 5e-6);
                    CHECK(largest_share(mine.dkernel, theirs.dkernel) < 2e-5);
                }
            }
        }
    }
}

TEST_CASE("images smaller than the kernel are convolved with the zeros around them") {
    tests::set_up_torch_once();
    for (const int stride : {1, 2}) {
        for (const auto& [height, width] :
             std::vector<std::pair<std::int64_t, std::int64_t>>{{1, 1}, {1, 6}, {2, 1}, {2, 2}}) {
            const Case given{3, 17, height, width, stride, models::Padding::same};
            CAPTURE(stride, height, width);
            const Answer mine = own(given), theirs = exact(given);
            CHECK(largest_share(mine.y, theirs.y) < 5e-6);
            CHECK(largest_share(mine.dx, theirs.dx) < 5e-6);
            CHECK(largest_share(mine.dkernel, theirs.dkernel) < 2e-5);
        }
    }
}

TEST_CASE("a depthwise convolution gives the same bits again, and with two threads") {
    tests::set_up_torch_once();
    for (const int stride : {1, 2}) {
        const Case given{5, 24, 14, 13, stride, models::Padding::same};
        const int threads = at::get_num_threads();
        at::set_num_threads(1);
        const Answer one = own(given), again = own(given);
        at::set_num_threads(2);
        const Answer two = own(given);
        at::set_num_threads(threads);
        for (const Answer& other : {again, two}) {
            CHECK(same_bits(one.y, other.y));
            CHECK(same_bits(one.dx, other.dx));
            CHECK(same_bits(one.dkernel, other.dkernel));
        }
    }
}

TEST_CASE("without a gradient of the images a depthwise kernel still has its own") {
    tests::set_up_torch_once();
    const Case given{2, 9, 6, 6, 2, models::Padding::same};
    at::Tensor kernel = given.kernel().requires_grad_(true);
    trainer::depthwise(given.x(), kernel, given.pads()).sum().backward();
    at::Tensor other = given.kernel().requires_grad_(true);
    at::Tensor x = given.x().requires_grad_(true);
    trainer::depthwise(x, other, given.pads()).sum().backward();
    CHECK(same_bits(kernel.grad(), other.grad()));
    CHECK(x.grad().defined());
}

#if defined(__x86_64__)
TEST_CASE("every instruction set gives a depthwise convolution the same bits") {
    for (const std::int64_t stride : {1, 2}) {
        const trainer::Depthwise how{
            9,          8,         (9 + stride - 1) / stride, (8 + stride - 1) / stride, 29, stride,
            2 - stride, 2 - stride};
        const auto numbers = [](std::int64_t count, std::int64_t start) {
            std::vector<float> values;
            for (std::int64_t i = 0; i < count; ++i) {
                values.push_back(static_cast<float>((i * 7919 + start) % 1009) / 311 - 1.5F);
            }
            return values;
        };
        const auto x = numbers(9 * 8 * 29, 1), kernel = numbers(9 * 29, 2),
                   dy = numbers(how.out_height * how.out_width * 29, 3);
        const auto all = [&](const trainer::Loops& loops) {
            std::vector<float> y(dy.size()), dx(x.size()), sums(kernel.size());
            loops.depthwise.forward(how, x.data(), kernel.data(), y.data());
            loops.depthwise.backward(how, x.data(), dy.data(), kernel.data(), dx.data(),
                                     sums.data());
            return std::vector{y, dx, sums};
        };
        tests::check_loops_alike(all);
    }
}
#endif
