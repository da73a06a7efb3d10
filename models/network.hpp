// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace graft::models {

// A network as the list of its layers in Keras' `model.layers` order, without weights and without
// any tensor library. Everything else (shapes, counts, multiply-adds, cuts, the .h5 layout) is
// derived from this list. Layers are named as in the published weight files.

enum class Padding { valid, same };
enum class Activation { relu, relu6, softmax };

// One entry per Keras layer class that the networks use. Kernels are {rows, columns}.
struct Input {};
struct Conv2d {
    int filters = 0;
    std::array<int, 2> kernel{1, 1};
    int stride = 1;
    Padding padding = Padding::same;
    bool bias = false;
    std::optional<Activation> activation = std::nullopt;  // within the layer; relu or relu6
};
struct DepthwiseConv2d {
    std::array<int, 2> kernel{3, 3};
    int stride = 1;
    Padding padding = Padding::same;
};
struct BatchNorm {
    double epsilon = 1e-3;
    bool scale = true;  // has a gamma (Inception v3 has none)
};
struct Activate {
    Activation function = Activation::relu;
};
struct ZeroPad {
    int top = 0, bottom = 0, left = 0, right = 0;
};
struct MaxPool {
    int size = 2, stride = 2;
    Padding padding = Padding::valid;
};
struct AveragePool {
    int size = 2, stride = 2;
    Padding padding = Padding::valid;  // `same` averages over the real cells only
};
struct Concatenate {};  // over channels, in the order of the inputs
struct Add {};
struct GlobalAveragePool {};
struct Dense {
    int units = 0;
};
struct Dropout {};  // its rate is a [training] value

using LayerKind =
    std::variant<Input, Conv2d, DepthwiseConv2d, BatchNorm, Activate, ZeroPad, MaxPool, AveragePool,
                 Concatenate, Add, GlobalAveragePool, Dense, Dropout>;

struct Layer {
    std::string name;
    LayerKind kind;
    std::vector<int> inputs;  // indices of earlier entries of the list
};

// [height, width, channels]; a vector (after the global pool) is [1, 1, n].
struct Shape {
    int height = 0, width = 0, channels = 0;
    auto operator<=>(const Shape&) const = default;
};

// "keras" input scaling of a network's published weights, applied to RGB in 0..1: 2 x - 1; less
// ImageNet's mean, by its deviation; as BGR in 0..255 less ImageNet's mean; as it is. Keras' modes
// "tf", "torch" and "caffe" (keras/src/applications/imagenet_utils.py, preprocess_input).
enum class Scaling { minus_one_to_one, imagenet_mean_std, bgr_less_mean, none };

// Names for Scaling of networks from files: "tf", "torch", "caffe", "none".
std::vector<std::string> preprocessing_names();

struct Network {
    std::string name;  // as in the sweep file: "inception_v3", "mobilenet_0.25", ...
    Scaling scaling = Scaling::none;
    int default_size = 224;  // height and width
    int minimum_size = 32;
    // The base: `model.layers` of Keras' no-top model without pooling layer, input included, so
    // base_layers is the N of the freeze rule; then the head: global average pooling, Dense, ReLU,
    // Dropout, Dense, softmax.
    int base_layers = 0;
    std::vector<Layer> layers;
};

// A tensor of a layer in Keras' order and layout: conv kernel (kh, kw, in, out), depthwise kernel
// (kh, kw, channels, 1), dense kernel (in, out), vectors (n).
struct TensorInfo {
    std::string name;  // "kernel", "bias", "gamma", "beta", "moving_mean", "moving_variance",
                       // "depthwise_kernel"
    std::vector<std::int64_t> shape;
    bool trainable = true;
};

// The names that build_network() knows, for messages and checks.
std::vector<std::string> network_names();

// The network with a head for `classes` classes. Throws InputError for an unknown name (naming the
// nearest). Builders read like the papers' tables: one file per family.
//
// A name "label@content" or "label@content:preprocessing" (keras_json.hpp) is that of a network
// from a file, which `json` holds. Throws InputError when it holds another one.
Network build_network(std::string_view name, int classes, int head_units = 256,
                      std::string_view json = {});

// `base` (layers up to base_layers) with that head.
Network with_head(Network base, int classes, int head_units);

// The network with Keras' own ImageNet top (`include_top=True`): only for comparing with published
// files. Layers from base_layers on are that top, with the softmax as a layer of its own (Keras
// has it within Dense) and, for MobileNet, without reshapes and with the 1x1 convolution
// `conv_preds` as Dense (its kernel (1, 1, in, out) in files holds the same numbers in the same
// order).
Network build_with_imagenet_top(std::string_view name, int classes = 1000);

// floor(base_layers * percent / 100): layers [0, k) are frozen. Throws InputError outside 0..100.
int frozen_layers(const Network& network, double percent);

// Output shape of every layer for a square RGB input. Throws InputError below minimum_size, and for
// a size at which values that are joined have different shapes (a network from a file has pads for
// its own size).
std::vector<Shape> output_shapes(const Network& network, int image_size);
// Why it would, in words.
std::optional<std::string> shape_problem(const Network& network, int image_size);

// The tensors of layer `index`; empty for a layer without weights. Shapes do not depend on the
// image size (global pooling).
std::vector<TensorInfo> tensors_of(const Network& network, int index);

struct Counts {
    std::int64_t total = 0;
    std::int64_t trainable = 0;  // moving statistics are not trainable
};
// Of layers [first, last).
Counts count_parameters(const Network& network, int first, int last);

// Multiply-adds per layer and image (convolutions and dense layers; others 0).
std::vector<std::int64_t> multiply_adds(const Network& network, int image_size);

// Indices below `cut` whose values layers >= cut still need, ascending: what crosses the cut. At
// the end of the list that is the network's output. Throws std::out_of_range for a cut outside it.
std::vector<int> values_alive_at(const Network& network, int cut);

}  // namespace graft::models
