// SPDX-License-Identifier: Apache-2.0
#include <array>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/enum_table.hpp"
#include "core/error.hpp"
#include "core/file.hpp"

#include "models/keras_json.hpp"
#include "models/network.hpp"
#include "models/weights.hpp"
#include "sweep/trial.hpp"

#include "tool/commands.hpp"

namespace graft::oracle {

namespace {

// The names of Keras' layer classes, in the order of models::LayerKind.
constexpr std::array<const char*, 13> kKinds{
    "InputLayer",  "Conv2D",        "DepthwiseConv2D",        "BatchNormalization",
    "Activation",  "ZeroPadding2D", "MaxPooling2D",           "AveragePooling2D",
    "Concatenate", "Add",           "GlobalAveragePooling2D", "Dense",
    "Dropout"};
static_assert(std::variant_size_v<models::LayerKind> == kKinds.size());

std::string tensors_text(const models::Network& network, int index) {
    std::vector<std::string> texts;
    for (const auto& tensor : models::tensors_of(network, index)) {
        texts.push_back(fmt::format("{}:{}:{}", tensor.name, fmt::join(tensor.shape, "x"),
                                    tensor.trainable ? "trainable" : "moving"));
    }
    return fmt::format("{}", fmt::join(texts, ","));
}

// A built-in network, or one from a file.
models::Network network_of(const std::string& named, int classes, int head_units) {
    return named.ends_with(".json")
               ? models::with_head(models::read_keras_json(core::read_file(named), named, "model"),
                                   classes, head_units)
               : models::build_network(named, classes, head_units);
}

}  // namespace

void print_layers(const Arguments& arguments) {
    const auto network = network_of(arguments[0], std::stoi(arguments[1]), std::stoi(arguments[2]));
    const auto shapes = models::output_shapes(network, std::stoi(arguments[3]));
    const int count = static_cast<int>(network.layers.size());
    const auto all = models::count_parameters(network, 0, network.base_layers);
    fmt::print("{}\t{}\t{}\t{}\n", network.base_layers, network.default_size, all.total,
               all.trainable);
    for (int i = 0; i < count; ++i) {
        const auto& layer = network.layers[i];
        fmt::print("{}\t{}\t{}x{}x{}\t{}\t{}\n", layer.name, kKinds[layer.kind.index()],
                   shapes[i].height, shapes[i].width, shapes[i].channels,
                   models::count_parameters(network, i, i + 1).total, tensors_text(network, i));
    }
}

void convert_weights(const Arguments& arguments) {
    const auto network =
        models::build_network(arguments[0], std::stoi(arguments[1]), std::stoi(arguments[2]));
    models::write_keras_weights(
        arguments[4], network,
        models::read_keras_weights(arguments[3], network, models::Head::require));
}

void write_first_weights(const Arguments& arguments) {
    const auto network = models::build_network(arguments[0], 3, 16);
    const auto init = core::value_of<sweep::Init>(arguments[1]);
    if (!init) {
        core::fail_input("unknown init '{}' (known: random, pretrained, mean_var).", arguments[1]);
    }
    models::Weights pretrained;
    const bool given = arguments[2] != "-";
    if (given) {
        pretrained = models::read_keras_weights(arguments[2], network, models::Head::ignore);
    }
    // models::Init lists the same values in the same order.
    const auto weights =
        models::make_weights(network, static_cast<models::Init>(*init),
                             given ? &pretrained : nullptr, 100, std::stoull(arguments[3]));
    models::write_keras_weights(arguments[4], network, weights);
}

}  // namespace graft::oracle
