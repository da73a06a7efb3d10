// SPDX-License-Identifier: Apache-2.0
#include "models/weight_file.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "core/text.hpp"

namespace graft::models {

namespace {

using core::h5::File;

// A list of texts that Keras splits into name0, name1, ... when it exceeds 64,512 bytes.
bool has_texts(const File& file, const std::string& path, const std::string& name) {
    return file.has_attribute(path, name) || file.has_attribute(path, name + "0");
}

std::vector<std::string> texts(const File& file, const std::string& path, const std::string& name) {
    if (file.has_attribute(path, name)) {
        return file.texts_attribute(path, name);
    }
    std::vector<std::string> all;
    for (int part = 0; file.has_attribute(path, name + std::to_string(part)); ++part) {
        for (auto& text : file.texts_attribute(path, name + std::to_string(part))) {
            all.push_back(std::move(text));
        }
    }
    return all;
}

// The group that lists the layers, "" for the root; nothing when there is none.
std::optional<std::string> listing_group(const File& file) {
    if (has_texts(file, "/", "layer_names")) {
        return "";
    }
    if (has_texts(file, "/model_weights", "layer_names")) {
        return "/model_weights";
    }
    return std::nullopt;
}

// TensorFlow 2.12 and 2.13 called the list of layers differently.
std::optional<std::string> numbering_group(const File& file) {
    for (const std::string group : {"/layers", "/_layer_checkpoint_dependencies"}) {
        if (file.has(group) && file.is_group(group)) {
            return group;
        }
    }
    return std::nullopt;
}

// The name that Keras makes of the layer's class; empty for a layer without weights.
std::string class_name(const Layer& layer) {
    if (layer.name == "conv_preds") {
        return "conv2d";  // a 1x1 convolution in Keras
    }
    if (std::holds_alternative<Conv2d>(layer.kind)) {
        return "conv2d";
    }
    if (std::holds_alternative<DepthwiseConv2d>(layer.kind)) {
        return "depthwise_conv2d";
    }
    if (std::holds_alternative<BatchNorm>(layer.kind)) {
        return "batch_normalization";
    }
    return std::holds_alternative<Dense>(layer.kind) ? "dense" : "";
}

// {"conv2d", 3} of "conv2d_3"; the first of a class has no number.
std::pair<std::string, std::int64_t> parse_numbered(const std::string& name) {
    const auto line = name.rfind('_');
    if (line != std::string::npos) {
        if (const auto number = core::parse_int(name.substr(line + 1))) {
            return {name.substr(0, line), *number};
        }
    }
    return {name, 0};
}

using Classes = std::map<std::string, std::vector<std::pair<std::int64_t, FileLayer>>>;

// Numbers may have gaps (layers of the class without weights): only their order counts.
Classes classes_of(const File& file, const std::string& group) {
    Classes classes;
    for (const std::string& name : file.members(group)) {
        const std::string vars = group + "/" + name + "/vars";
        if (!file.has(vars)) {
            continue;
        }
        FileLayer layer{name, {}};
        const std::size_t count = file.members(vars).size();
        for (std::size_t i = 0; i < count; ++i) {
            layer.paths.push_back(vars + "/" + std::to_string(i));
        }
        if (!layer.paths.empty()) {
            const auto [stem, number] = parse_numbered(name);
            classes[stem].emplace_back(number, std::move(layer));
        }
    }
    for (auto& [stem, layers] : classes) {
        std::sort(layers.begin(), layers.end(),
                  [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    return classes;
}

}  // namespace

bool has_layer_names(const File& file) {
    return listing_group(file).has_value();
}

std::vector<FileLayer> listed_layers(const File& file) {
    const std::string root = listing_group(file).value_or("");
    std::vector<FileLayer> layers;
    for (const std::string& name : texts(file, root.empty() ? "/" : root, "layer_names")) {
        FileLayer layer{name, {}};
        const std::string group = root + "/" + name;
        for (const std::string& weight : texts(file, group, "weight_names")) {
            layer.paths.push_back(group + "/" + weight);
        }
        if (!layer.paths.empty()) {
            layers.push_back(std::move(layer));
        }
    }
    return layers;
}

bool has_numbered_layers(const File& file) {
    return numbering_group(file).has_value();
}

std::vector<FileLayer> numbered_layers(const File& file, const Network& network,
                                       const std::vector<int>& wanted, int& surplus) {
    const Classes classes = classes_of(file, numbering_group(file).value_or("/layers"));
    std::map<std::string, std::size_t> used;
    std::vector<FileLayer> layers;
    for (const int index : wanted) {
        const std::string stem = class_name(network.layers[static_cast<std::size_t>(index)]);
        const auto found = classes.find(stem);
        const std::size_t next = used[stem]++;
        layers.push_back(found != classes.end() && next < found->second.size()
                             ? found->second[next].second
                             : FileLayer{});
    }
    surplus = 0;
    for (const auto& [stem, all] : classes) {
        surplus += std::max(0, static_cast<int>(all.size()) - static_cast<int>(used[stem]));
    }
    return layers;
}

}  // namespace graft::models
