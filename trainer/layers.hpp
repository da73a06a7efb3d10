// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ATen/core/Tensor.h>

#include "models/network.hpp"

#include "trainer/packed.hpp"
#include "trainer/tensors.hpp"

namespace graft::trainer {

// The arithmetic of single layers on x [N, C, H, W] (vectors [N, C]), equal to Keras'. Convolutions
// and dense layers compute in `compute` (their inputs and weights are cast); everything else in the
// type of x. None writes to its inputs.

// Weights {kernel} or {kernel, bias}.
at::Tensor convolve(const at::Tensor& x, const models::Conv2d& layer, const LayerTensors& weights,
                    at::ScalarType compute);
at::Tensor convolve(const at::Tensor& x, const models::DepthwiseConv2d& layer,
                    const LayerTensors& weights, at::ScalarType compute);
// Zeros and then that layer, in training, without a copy of the images: where pads_itself() says
// so.
bool pads_itself(const at::Tensor& x, const models::ZeroPad& pad,
                 const models::DepthwiseConv2d& layer, const LayerTensors& weights,
                 at::ScalarType compute);
at::Tensor convolve_padded(const at::Tensor& x, const models::ZeroPad& pad,
                           const models::DepthwiseConv2d& layer, const LayerTensors& weights);
// convolve() with weights that do not change any more and without gradients; `packed` is this
// layer's own. The last bits may differ from those of convolve().
at::Tensor convolve_frozen(const at::Tensor& x, const models::Conv2d& layer,
                           const LayerTensors& weights, at::ScalarType compute,
                           PackedConvolution& packed);
at::Tensor convolve_frozen(const at::Tensor& x, const models::DepthwiseConv2d& layer,
                           const LayerTensors& weights, at::ScalarType compute,
                           PackedConvolution& packed);
at::Tensor dense(const at::Tensor& x, const LayerTensors& weights, at::ScalarType compute);

// Views of a batch norm's weights {gamma if it has one, beta, moving_mean, moving_variance}.
struct BatchNormTensors {
    at::Tensor gamma, beta, mean, variance;  // gamma undefined without scale
};
BatchNormTensors batch_norm_tensors(const models::BatchNorm& layer, const LayerTensors& weights);

// With the moving statistics.
at::Tensor batch_norm_inference(const at::Tensor& x, const models::BatchNorm& layer,
                                const LayerTensors& weights);
// With the batch's statistics; then moving = moving * momentum + batch * (1 - momentum), as Keras 3
// does it: with the *biased* variance (torch and tf.keras 2 take the unbiased one).
at::Tensor batch_norm_training(const at::Tensor& x, const models::BatchNorm& layer,
                               const LayerTensors& weights, double momentum);

at::Tensor max_pool(const at::Tensor& x, const models::MaxPool& layer);
// Cells of the padding take no part in the mean.
at::Tensor average_pool(const at::Tensor& x, const models::AveragePool& layer);
at::Tensor zero_pad(const at::Tensor& x, const models::ZeroPad& layer);

// Padding of one dimension of length n as TensorFlow's `same`: out = ceil(n / stride), the odd cell
// after.
struct Pads {
    std::int64_t before = 0, after = 0;
};
Pads same_padding(std::int64_t n, std::int64_t kernel, std::int64_t stride);

}  // namespace graft::trainer
