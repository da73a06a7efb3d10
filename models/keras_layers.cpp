// SPDX-License-Identifier: Apache-2.0
#include "models/keras_layers.hpp"

#include <map>

#include "core/text.hpp"

#include "models/keras_options.hpp"

namespace graft::models {

namespace {

using nlohmann::json;

// Far beyond any network, and far from an overflow.
constexpr int kMostFilters = 65536, kLargestKernel = 64, kLargestStride = 64, kLargestImage = 2048;

using Read = LayerKind (*)(KerasOptions& options);

void channels_last(KerasOptions& options) {
    options.only("data_format", {"channels_last"});
}

template <class Convolution>
void read_convolution(KerasOptions& options, Convolution& layer) {
    layer.kernel = options.pair("kernel_size", 1, kLargestKernel);
    layer.stride = options.equal_pair("strides", 1, kLargestStride);
    layer.padding = options.padding();
    options.only("dilation_rate", {json::array({1, 1}), 1});
    options.only("groups", {1});
    channels_last(options);
}

LayerKind read_conv2d(KerasOptions& options) {
    Conv2d layer;
    layer.filters = options.count("filters", 1, kMostFilters);
    read_convolution(options, layer);
    layer.bias = options.flag("use_bias", true);
    layer.activation = options.activation();
    return layer;
}

LayerKind read_depthwise_conv2d(KerasOptions& options) {
    DepthwiseConv2d layer;
    read_convolution(options, layer);
    options.only("depth_multiplier", {1});
    options.only("activation", {"linear"});
    if (options.flag("use_bias", true)) {
        options.problem("use_bias true (false is supported)");
    }
    return layer;
}

LayerKind read_batch_norm(KerasOptions& options) {
    options.only("axis", {-1, 3, json::array({3}), json::array({-1})});
    if (!options.flag("center", true)) {
        options.problem("center false (true is supported)");
    }
    return BatchNorm{options.number("epsilon", 1e-3), options.flag("scale", true)};
}

LayerKind read_activation(KerasOptions& options) {
    const auto function = options.activation();
    if (!function) {
        options.problem("activation \"linear\" (relu and relu6 are supported)");
    }
    return Activate{function.value_or(Activation::relu)};
}

LayerKind read_relu(KerasOptions& options) {
    options.only("max_value", {6});
    options.only("negative_slope", {0});
    options.only("threshold", {0});
    return Activate{options.is_null("max_value") ? Activation::relu : Activation::relu6};
}

LayerKind read_zero_pad(KerasOptions& options) {
    channels_last(options);
    const auto [top, bottom, left, right] = options.sides("padding");
    return ZeroPad{top, bottom, left, right};
}

template <class Pool>
LayerKind read_pool(KerasOptions& options) {
    Pool layer;
    layer.size = options.equal_pair("pool_size", 1, kLargestKernel);
    layer.stride = options.equal_pair("strides", 1, kLargestStride, layer.size);
    layer.padding = options.padding();
    channels_last(options);
    return layer;
}

LayerKind read_concatenate(KerasOptions& options) {
    options.only("axis", {-1, 3});
    return Concatenate{};
}

LayerKind read_add(KerasOptions&) {
    return Add{};
}

const std::map<std::string, Read, std::less<>>& readers() {
    static const std::map<std::string, Read, std::less<>> all{
        {"Conv2D", read_conv2d},
        {"DepthwiseConv2D", read_depthwise_conv2d},
        {"BatchNormalization", read_batch_norm},
        {"Activation", read_activation},
        {"ReLU", read_relu},
        {"ZeroPadding2D", read_zero_pad},
        {"MaxPooling2D", read_pool<MaxPool>},
        {"AveragePooling2D", read_pool<AveragePool>},
        {"Concatenate", read_concatenate},
        {"Add", read_add},
    };
    return all;
}

bool joins(std::string_view kind) {
    return kind == "Add" || kind == "Concatenate";
}

// [null, height, width, 3], height and width equal or both open.
ReadLayer read_input(const KerasLayer& layer) {
    ReadLayer read{Input{}, 0, {}};
    const json& named = member(layer.config, "batch_shape");
    const json& shape = named.is_null() ? member(layer.config, "batch_input_shape") : named;
    const bool whole = shape.is_array() && shape.size() == 4 && shape[1] == shape[2] &&
                       shape[3] == 3 && (shape[1].is_null() || shape[1].is_number_integer());
    if (!whole || (!shape[1].is_null() && (shape[1] < 1 || shape[1] > kLargestImage))) {
        read.problems.push_back(fmt::format(
            "input {} (square RGB images of 1 to {} px, [null, n, n, 3], are supported)",
            core::escaped(shape.dump(-1, ' ', true, json::error_handler_t::replace), 60),
            kLargestImage));
    } else if (!shape[1].is_null()) {
        read.size = shape[1].get<int>();
    }
    if (!layer.inputs.empty()) {
        read.problems.emplace_back("an InputLayer with inputs");
    }
    return read;
}

std::string padding_text(Padding padding) {
    return padding == Padding::same ? "same" : "valid";
}

std::string activation_text(const std::optional<Activation>& activation) {
    return !activation ? "linear" : *activation == Activation::relu6 ? "relu6" : "relu";
}

struct Written {
    const char* kind;
    json config;
};

// One overload per kind of layer that a base may hold.
struct Writer {
    int size;

    Written operator()(const Input&) const {
        return {"InputLayer", {{"batch_shape", {nullptr, size, size, 3}}}};
    }
    Written operator()(const Conv2d& layer) const {
        return {"Conv2D",
                {{"filters", layer.filters},
                 {"kernel_size", layer.kernel},
                 {"strides", {layer.stride, layer.stride}},
                 {"padding", padding_text(layer.padding)},
                 {"use_bias", layer.bias},
                 {"activation", activation_text(layer.activation)}}};
    }
    Written operator()(const DepthwiseConv2d& layer) const {
        return {"DepthwiseConv2D",
                {{"kernel_size", layer.kernel},
                 {"strides", {layer.stride, layer.stride}},
                 {"padding", padding_text(layer.padding)},
                 {"use_bias", false}}};
    }
    Written operator()(const BatchNorm& layer) const {
        return {"BatchNormalization", {{"epsilon", layer.epsilon}, {"scale", layer.scale}}};
    }
    Written operator()(const Activate& layer) const {
        return {"Activation", {{"activation", activation_text(layer.function)}}};
    }
    Written operator()(const ZeroPad& layer) const {
        return {"ZeroPadding2D",
                {{"padding", json::array({json::array({layer.top, layer.bottom}),
                                          json::array({layer.left, layer.right})})}}};
    }
    Written operator()(const MaxPool& layer) const { return {"MaxPooling2D", pool(layer)}; }
    Written operator()(const AveragePool& layer) const { return {"AveragePooling2D", pool(layer)}; }
    Written operator()(const Concatenate&) const { return {"Concatenate", {{"axis", -1}}}; }
    Written operator()(const Add&) const { return {"Add", json::object()}; }
    template <class Other>
    Written operator()(const Other&) const {
        throw std::logic_error("a layer of a head within a base");
    }

    template <class Pool>
    static json pool(const Pool& layer) {
        return {{"pool_size", {layer.size, layer.size}},
                {"strides", {layer.stride, layer.stride}},
                {"padding", padding_text(layer.padding)}};
    }
};

}  // namespace

std::vector<std::string> known_layers() {
    std::vector<std::string> names{"InputLayer"};
    for (const auto& [name, read] : readers()) {
        names.push_back(name);
    }
    return names;
}

bool ends_maps(std::string_view kind) {
    return kind == "GlobalAveragePooling2D" || kind == "GlobalMaxPooling2D" || kind == "Flatten";
}

bool is_dropout(std::string_view kind) {
    return kind == "Dropout" || kind == "SpatialDropout2D";
}

ReadLayer read_keras_layer(const KerasLayer& layer) {
    if (layer.kind == "InputLayer") {
        return read_input(layer);
    }
    const auto reader = readers().find(layer.kind);
    if (reader == readers().end()) {
        const bool model = layer.kind == "Functional" || layer.kind == "Sequential";
        return {{},
                0,
                {model ? "a model within the model"
                       : "the unknown kind " + core::escaped(layer.kind, 40)}};
    }
    KerasOptions options(layer.config);
    ReadLayer read{reader->second(options), 0, {}};
    const std::size_t least = joins(layer.kind) ? 2 : 1;
    if (layer.inputs.size() < least || (least == 1 && layer.inputs.size() > 1)) {
        options.problem(fmt::format("{} inputs", layer.inputs.size()));
    }
    if (!layer.call.empty()) {
        options.problem(layer.call);
    }
    for (const auto& problem : options.problems()) {
        read.problems.push_back(layer.kind + " with " + problem);
    }
    return read;
}

json keras_layer(const Layer& layer, int size) {
    Written written = std::visit(Writer{size}, layer.kind);
    written.config["name"] = layer.name;
    return {
        {"class_name", written.kind}, {"config", std::move(written.config)}, {"name", layer.name}};
}

}  // namespace graft::models
