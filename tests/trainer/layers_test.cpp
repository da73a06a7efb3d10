// SPDX-License-Identifier: Apache-2.0
#include "trainer/layers.hpp"

#include <cmath>

#include "models/weights.hpp"

#include "support/catch.hpp"
#include "trainer/small_study.hpp"

using namespace graft;

namespace {

using Floats = std::vector<float>;

at::Tensor tensor(const Floats& values, const std::vector<std::int64_t>& shape) {
    return trainer::from_floats(values, shape, at::kCPU);
}

Floats counted(int count) {
    Floats values;
    for (int i = 1; i <= count; ++i) {
        values.push_back(static_cast<float>(i));
    }
    return values;
}

}  // namespace

TEST_CASE("padding 'same' is TensorFlow's: the odd cell after") {
    CHECK(trainer::same_padding(8, 3, 2).before == 0);
    CHECK(trainer::same_padding(8, 3, 2).after == 1);
    CHECK(trainer::same_padding(7, 3, 2).before == 1);
    CHECK(trainer::same_padding(7, 3, 2).after == 1);
    CHECK(trainer::same_padding(9, 7, 1).before == 3);
    CHECK(trainer::same_padding(4, 1, 2).after == 0);
}

TEST_CASE("a strided convolution with padding 'same' samples the cells that Keras does") {
    // An impulse in cell (1, 1): with pads (0, 1) only the first window holds it, in its middle.
    Floats image(16, 0.0F);
    image[5] = 1;
    models::Conv2d layer;
    layer.kernel = {3, 3};
    layer.stride = 2;
    const auto y = trainer::convolve(tensor(image, {1, 1, 4, 4}), layer,
                                     {tensor(counted(9), {1, 1, 3, 3})}, at::kFloat);
    CHECK(trainer::host_floats(y) == Floats{5, 0, 0, 0});
    models::DepthwiseConv2d depthwise;
    depthwise.stride = 2;
    const auto z = trainer::convolve(tensor(image, {1, 1, 4, 4}), depthwise,
                                     {tensor(counted(9), {1, 1, 3, 3})}, at::kFloat);
    CHECK(trainer::host_floats(z) == Floats{5, 0, 0, 0});
}

TEST_CASE("zeros of a padding layer compete in the max, those of max pooling do not") {
    const at::Tensor negative = tensor(Floats(4, -1.0F), {1, 1, 2, 2});
    const auto padded = trainer::zero_pad(negative, {1, 1, 1, 1});
    CHECK(trainer::host_floats(trainer::max_pool(padded, {3, 1, models::Padding::valid})) ==
          Floats{0, 0, 0, 0});
    CHECK(trainer::host_floats(trainer::max_pool(negative, {3, 1, models::Padding::same})) ==
          Floats{-1, -1, -1, -1});
}

TEST_CASE("average pooling with padding 'same' leaves a constant image constant") {
    const at::Tensor ones = tensor(Floats(25, 1.0F), {1, 1, 5, 5});
    CHECK(trainer::host_floats(trainer::average_pool(ones, {3, 1, models::Padding::same})) ==
          Floats(25, 1.0F));
    const at::Tensor even = tensor(Floats(16, 1.0F), {1, 1, 4, 4});
    CHECK(trainer::host_floats(trainer::average_pool(even, {3, 2, models::Padding::same})) ==
          Floats(4, 1.0F));
}

TEST_CASE("batch norm normalises with the biased variance and moves its statistics as Keras 3") {
    models::BatchNorm layer;
    const trainer::LayerTensors weights{tensor({2}, {1}), tensor({0.5F}, {1}), tensor({10}, {1}),
                                        tensor({4}, {1})};
    const at::Tensor x = tensor({1, 2, 3, 6}, {2, 1, 1, 2});  // mean 3, biased variance 3.5
    const auto y = trainer::host_floats(trainer::batch_norm_training(x, layer, weights, 0.9));
    for (std::size_t i = 0; i < 4; ++i) {
        const double value = Floats{1, 2, 3, 6}[i];
        CHECK(y[i] == Approx(2 * (value - 3) / std::sqrt(3.5 + 1e-3) + 0.5).epsilon(1e-5));
    }
    CHECK(weights[2].item<float>() == Approx(10 * 0.9 + 3 * 0.1));
    CHECK(weights[3].item<float>() == Approx(4 * 0.9 + 3.5 * 0.1));
    const auto z = trainer::host_floats(trainer::batch_norm_inference(x, layer, weights));
    CHECK(z[0] == Approx(2 * (1 - 9.3) / std::sqrt(3.95 + 1e-3) + 0.5).epsilon(1e-5));
}

TEST_CASE("weights go to torch's layouts and back without a change") {
    const models::Network network = models::build_network("mobilenet_0.25", 3, 8);
    const auto weights = models::make_weights(network, models::Init::random, nullptr, 0, 3);
    const auto tensors = trainer::to_torch(network, weights, at::kCPU);
    const auto back = trainer::to_keras(network, tensors);
    for (std::size_t i = 0; i < weights.tensors.size(); ++i) {
        for (std::size_t t = 0; t < weights.tensors[i].size(); ++t) {
            CHECK(back.tensors[i][t].shape == weights.tensors[i][t].shape);
            CHECK(back.tensors[i][t].values == weights.tensors[i][t].values);
        }
    }
    models::TensorInfo kernel{"kernel", {1, 2, 3, 4}, true};
    const auto torch = trainer::to_torch({{1, 2, 3, 4}, counted(24)}, kernel, at::kCPU);
    CHECK(torch.sizes().vec() == std::vector<std::int64_t>{4, 3, 1, 2});
    // Element (row 0, column 1, in 2, out 3) is the last.
    CHECK(torch.select(0, 3).select(0, 2).select(0, 0).select(0, 1).item<float>() == 24);
}
