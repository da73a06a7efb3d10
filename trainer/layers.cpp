// SPDX-License-Identifier: Apache-2.0
#include "trainer/layers.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/zeros_like.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

#include "trainer/depthwise.hpp"
#include "trainer/fourier.hpp"

namespace graft::trainer {

namespace {

// Both dimensions' pads; `symmetric` where torch's own padding argument can express them.
struct Pads2d {
    Pads rows, columns;
    bool symmetric() const { return rows.before == rows.after && columns.before == columns.after; }
    std::array<std::int64_t, 4> left_right_top_bottom() const {
        return {columns.before, columns.after, rows.before, rows.after};
    }
};

Pads2d pads_of(const at::Tensor& x, models::Padding padding, std::array<int, 2> kernel,
               int stride) {
    if (padding == models::Padding::valid) {
        return {};
    }
    return {same_padding(x.size(2), kernel[0], stride), same_padding(x.size(3), kernel[1], stride)};
}

// What is left of a convolution when x got the padding that torch's own argument cannot express.
struct Padded {
    at::Tensor x;
    Convolution how;
};

template <typename Layer>
Padded padded(at::Tensor x, const Layer& layer, std::int64_t groups) {
    const Pads2d pads = pads_of(x, layer.padding, layer.kernel, layer.stride);
    Convolution how{layer.stride, 0, 0, groups};
    if (pads.symmetric()) {
        how.row_padding = pads.rows.before;
        how.column_padding = pads.columns.before;
    } else {
        x = at::constant_pad_nd(x, pads.left_right_top_bottom(), 0);
    }
    return {std::move(x), how};
}

at::Tensor convolve(const Padded& padded, const LayerTensors& weights, at::ScalarType compute) {
    const auto& [x, how] = padded;
    const at::Tensor bias = weights.size() > 1 ? weights[1].to(compute) : at::Tensor();
    return at::conv2d(x, weights[0].to(compute), bias, {how.stride, how.stride},
                      {how.row_padding, how.column_padding}, {1, 1}, how.groups);
}

at::Tensor convolve_frozen(const Padded& padded, const LayerTensors& weights,
                           at::ScalarType compute, PackedConvolution& packed) {
    return PackedConvolution::takes(padded.x, compute) ? packed.run(padded.x, padded.how, weights)
                                                       : convolve(padded, weights, compute);
}

// Whether the own depthwise convolution is faster than oneDNN's: of many channels it is as fast or
// slower by a tenth (bench/training.cpp, `depthwise`).
bool gains(const at::Tensor& x, int stride) {
    return stride > 1 || x.size(1) <= 64;
}

}  // namespace

Pads same_padding(std::int64_t n, std::int64_t kernel, std::int64_t stride) {
    const std::int64_t out = (n + stride - 1) / stride;
    const std::int64_t total = std::max<std::int64_t>((out - 1) * stride + kernel - n, 0);
    return {total / 2, total - total / 2};
}

at::Tensor convolve(const at::Tensor& x, const models::Conv2d& layer, const LayerTensors& weights,
                    at::ScalarType compute) {
    if (const auto n = wave_length(x, layer, compute)) {
        return convolve_by_waves(x, weights, *n);
    }
    return convolve(padded(x.to(compute), layer, 1), weights, compute);
}

at::Tensor convolve(const at::Tensor& x, const models::DepthwiseConv2d& layer,
                    const LayerTensors& weights, at::ScalarType compute) {
    const at::Tensor values = x.to(compute);
    if (weights.size() == 1 && takes_depthwise(values, weights[0]) && gains(values, layer.stride)) {
        const Pads2d pads = pads_of(values, layer.padding, layer.kernel, layer.stride);
        return depthwise(values, weights[0], {layer.stride, pads.rows, pads.columns});
    }
    return convolve(padded(values, layer, x.size(1)), weights, compute);
}

bool pads_itself(const at::Tensor& x, const models::ZeroPad& pad,
                 const models::DepthwiseConv2d& layer, const LayerTensors& weights,
                 at::ScalarType compute) {
    return std::max({pad.top, pad.bottom, pad.left, pad.right}) <= 2 &&
           layer.padding == models::Padding::valid && compute == at::kFloat &&
           weights.size() == 1 && takes_depthwise(x, weights[0]);
}

at::Tensor convolve_padded(const at::Tensor& x, const models::ZeroPad& pad,
                           const models::DepthwiseConv2d& layer, const LayerTensors& weights) {
    return depthwise(x, weights[0], {layer.stride, {pad.top, pad.bottom}, {pad.left, pad.right}});
}

at::Tensor convolve_frozen(const at::Tensor& x, const models::Conv2d& layer,
                           const LayerTensors& weights, at::ScalarType compute,
                           PackedConvolution& packed) {
    if (wave_length(x, layer, compute)) {
        const c10::AutoGradMode off(false);
        return convolve(x, layer, weights, compute);
    }
    return convolve_frozen(padded(x.to(compute), layer, 1), weights, compute, packed);
}

at::Tensor convolve_frozen(const at::Tensor& x, const models::DepthwiseConv2d& layer,
                           const LayerTensors& weights, at::ScalarType compute,
                           PackedConvolution& packed) {
    return convolve_frozen(padded(x.to(compute), layer, x.size(1)), weights, compute, packed);
}

at::Tensor dense(const at::Tensor& x, const LayerTensors& weights, at::ScalarType compute) {
    return at::linear(x.to(compute), weights[0].to(compute), weights[1].to(compute));
}

namespace {

// On a GPU torch's backward pass fails without a gamma.
at::Tensor gamma_for(const at::Tensor& x, const BatchNormTensors& tensors) {
    return tensors.gamma.defined() || x.is_cpu() ? tensors.gamma : at::ones_like(tensors.mean);
}

}  // namespace

BatchNormTensors batch_norm_tensors(const models::BatchNorm& layer, const LayerTensors& weights) {
    if (layer.scale) {
        return {weights.at(0), weights.at(1), weights.at(2), weights.at(3)};
    }
    return {{}, weights.at(0), weights.at(1), weights.at(2)};
}

at::Tensor batch_norm_inference(const at::Tensor& x, const models::BatchNorm& layer,
                                const LayerTensors& weights) {
    const auto [gamma, beta, mean, variance] = batch_norm_tensors(layer, weights);
    return at::batch_norm(x, gamma, beta, mean, variance, false, 0, layer.epsilon, true);
}

at::Tensor batch_norm_training(const at::Tensor& x, const models::BatchNorm& layer,
                               const LayerTensors& weights, double momentum) {
    const auto tensors = batch_norm_tensors(layer, weights);
    const auto& [gamma, beta, mean, variance] = tensors;
    // With torch's momentum 1 its running statistics become the batch's own.
    const at::Tensor batch_mean = at::zeros_like(mean);
    const at::Tensor batch_variance = at::zeros_like(variance);
    at::Tensor y = at::batch_norm(x, gamma_for(x, tensors), beta, batch_mean, batch_variance, true,
                                  1, layer.epsilon, true);
    const c10::AutoGradMode off(false);
    const double n = static_cast<double>(x.numel() / x.size(1));
    mean.mul_(momentum).add_(batch_mean, 1 - momentum);
    variance.mul_(momentum).add_(batch_variance, (1 - momentum) * (n - 1) / n);
    return y;
}

at::Tensor max_pool(const at::Tensor& x, const models::MaxPool& layer) {
    const Pads2d pads = pads_of(x, layer.padding, {layer.size, layer.size}, layer.stride);
    const std::array<std::int64_t, 2> size{layer.size, layer.size};
    const std::array<std::int64_t, 2> stride{layer.stride, layer.stride};
    if (layer.padding == models::Padding::valid) {
        return at::max_pool2d(x, size, stride);
    }
    const double lowest = -std::numeric_limits<float>::infinity();
    return at::max_pool2d(at::constant_pad_nd(x, pads.left_right_top_bottom(), lowest), size,
                          stride);
}

at::Tensor average_pool(const at::Tensor& x, const models::AveragePool& layer) {
    const Pads2d pads = pads_of(x, layer.padding, {layer.size, layer.size}, layer.stride);
    const std::array<std::int64_t, 2> size{layer.size, layer.size};
    const std::array<std::int64_t, 2> stride{layer.stride, layer.stride};
    if (pads.symmetric()) {
        return at::avg_pool2d(x, size, stride, {pads.rows.before, pads.columns.before}, false,
                              false);
    }
    const auto sides = pads.left_right_top_bottom();
    const at::Tensor sums = at::avg_pool2d(at::constant_pad_nd(x, sides, 0), size, stride);
    const at::Tensor real =
        at::avg_pool2d(at::constant_pad_nd(at::ones_like(x), sides, 0), size, stride);
    return sums / real;
}

at::Tensor zero_pad(const at::Tensor& x, const models::ZeroPad& layer) {
    return at::constant_pad_nd(x, {layer.left, layer.right, layer.top, layer.bottom}, 0);
}

}  // namespace graft::trainer
