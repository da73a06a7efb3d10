// SPDX-License-Identifier: Apache-2.0
#include "models/network.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/error.hpp"
#include "core/text.hpp"

#include "models/families.hpp"
#include "models/keras_json.hpp"
#include "models/weights.hpp"

namespace graft::models {

namespace {

struct Family {
    std::string_view name;
    int default_size, minimum_size;
    Scaling scaling;
    Graph (*base)();
    std::string_view published;  // the stem of its files' names
};

constexpr std::array<Family, 8> families{{
    {"inception_v3", 299, 75, Scaling::minus_one_to_one, inception_v3,
     "inception_v3_weights_tf_dim_ordering_tf_kernels"},
    {"resnet50_v2", 224, 32, Scaling::minus_one_to_one, resnet50_v2,
     "resnet50v2_weights_tf_dim_ordering_tf_kernels"},
    {"densenet121", 224, 32, Scaling::imagenet_mean_std, densenet121,
     "densenet121_weights_tf_dim_ordering_tf_kernels"},
    {"mobilenet", 224, 32, Scaling::minus_one_to_one, [] { return mobilenet(1); },
     "mobilenet_1_0_224_tf"},
    {"mobilenet_0.75", 224, 32, Scaling::minus_one_to_one, [] { return mobilenet(0.75); },
     "mobilenet_7_5_224_tf"},
    {"mobilenet_0.5", 224, 32, Scaling::minus_one_to_one, [] { return mobilenet(0.5); },
     "mobilenet_5_0_224_tf"},
    {"mobilenet_0.25", 224, 32, Scaling::minus_one_to_one, [] { return mobilenet(0.25); },
     "mobilenet_2_5_224_tf"},
    {"small_cnn", 128, 16, Scaling::none, small_cnn, ""},
}};

const Family& family_of(std::string_view name) {
    for (const Family& family : families) {
        if (family.name == name) {
            return family;
        }
    }
    const auto known = network_names();
    const std::string near = core::nearest(name, known);
    core::fail_input("unknown network '{}' (known: {}). {}", name, core::join(known),
                     near.empty() ? "Choose one of them." : "Did you mean '" + near + "'?");
}

Network base_of(std::string_view name) {
    const Family& family = family_of(name);
    Network network;
    network.name = family.name;
    network.scaling = family.scaling;
    network.default_size = family.default_size;
    network.minimum_size = family.minimum_size;
    network.layers = family.base().in_keras_order();
    network.base_layers = static_cast<int>(network.layers.size());
    return network;
}

// By models::Scaling.
constexpr std::array<std::string_view, 4> preprocessings{"tf", "torch", "caffe", "none"};

Network base_from(std::string_view name, std::string_view json) {
    const auto label = name.substr(0, name.find('@'));
    const auto colon = name.find(':', label.size());
    const auto preprocessing =
        colon == std::string_view::npos ? std::string_view() : name.substr(colon + 1);
    Network network = read_keras_json(json, fmt::format("'{}'", label), label);
    if (name_with_content(label, json, preprocessing) != name) {
        core::fail_input(
            "network '{}' is another one than the trial's (its definition was changed). Restore "
            "sweep.toml, or start a new sweep.",
            label);
    }
    const auto* found = std::find(preprocessings.begin(), preprocessings.end(), preprocessing);
    network.scaling = found == preprocessings.end()
                          ? Scaling::none
                          : static_cast<Scaling>(found - preprocessings.begin());
    return network;
}

void append(Network& network, std::string name, LayerKind kind) {
    network.layers.push_back(
        {std::move(name), kind, {static_cast<int>(network.layers.size()) - 1}});
}

void check_positive(std::string_view what, int value, int least) {
    if (value < least) {
        core::fail_input("{} '{}' (at least {} needed). Raise it.", what, value, least);
    }
}

}  // namespace

std::vector<std::string> network_names() {
    std::vector<std::string> names;
    for (const Family& family : families) {
        names.emplace_back(family.name);
    }
    return names;
}

std::vector<std::string> preprocessing_names() {
    return {preprocessings.begin(), preprocessings.end()};
}

Network build_network(std::string_view name, int classes, int head_units, std::string_view json) {
    return with_head(
        name.find('@') == std::string_view::npos ? base_of(name) : base_from(name, json), classes,
        head_units);
}

Network with_head(Network network, int classes, int head_units) {
    check_positive("number of classes", classes, 2);
    check_positive("head_units", head_units, 1);
    append(network, "avg_pool", GlobalAveragePool{});
    append(network, "head_dense", Dense{head_units});
    append(network, "head_relu", Activate{Activation::relu});
    append(network, "head_dropout", Dropout{});
    append(network, "predictions", Dense{classes});
    append(network, "predictions_softmax", Activate{Activation::softmax});
    return network;
}

Network build_with_imagenet_top(std::string_view name, int classes) {
    check_positive("number of classes", classes, 2);
    Network network = base_of(name);
    if (name.starts_with("mobilenet")) {
        append(network, "global_average_pooling2d_1", GlobalAveragePool{});
        append(network, "dropout", Dropout{});
        append(network, "conv_preds", Dense{classes});
        append(network, "act_softmax", Activate{Activation::softmax});
    } else {
        append(network, "avg_pool", GlobalAveragePool{});
        append(network, "predictions", Dense{classes});
        append(network, "predictions_softmax", Activate{Activation::softmax});
    }
    return network;
}

std::vector<std::string> published_file_names(std::string_view network) {
    const std::string stem(family_of(network).published);
    if (stem.empty()) {
        return {};
    }
    const bool mobile = network.starts_with("mobilenet");
    return {stem + (mobile ? "_no_top.h5" : "_notop.h5"), stem + ".h5"};
}

}  // namespace graft::models
