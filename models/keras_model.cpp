// SPDX-License-Identifier: Apache-2.0
#include "models/keras_model.hpp"

#include <map>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::models {

namespace {

using nlohmann::json;

constexpr int kDeepest = 64;  // of nested brackets; Keras writes about a dozen
constexpr std::size_t kMostLayers = 2000;

json parse(std::string_view text, std::string_view shown) {
    const auto limit_depth = [&](int depth, json::parse_event_t, json&) {
        if (depth > kDeepest) {
            core::fail_input(
                "network {} is no Keras model (more than {} nested brackets). Write it "
                "by model.to_json().",
                shown, kDeepest);
        }
        return true;
    };
    try {
        return json::parse(text, limit_depth);
    } catch (const json::exception& error) {
        core::fail_input("network {} is no JSON ({}). Write it by model.to_json().", shown,
                         core::escaped(error.what()));
    }
}

std::string text_of(const json& value) {
    return value.is_string() ? value.get<std::string>() : std::string();
}

// The layers that a node takes: Keras 3 writes {"args": [tensor or [tensors]], "kwargs": {}} with
// tensors {"config": {"keras_history": [name, node, tensor]}}, Keras 2 [[name, node, tensor,
// kwargs], ...].
class Node {
  public:
    explicit Node(const json& node) {
        if (node.is_object()) {
            add_arguments(member(node, "args"));
            add_keywords(member(node, "kwargs"));
        } else {
            for (const auto& input : node) {
                add_history(input);
            }
        }
    }
    std::vector<std::string> names;
    std::string special;

  private:
    void add_arguments(const json& arguments) {
        for (const auto& argument : arguments) {
            const json& history = member(member(argument, "config"), "keras_history");
            if (argument.is_array()) {
                add_arguments(argument);
            } else if (history.is_array()) {
                add_history(history);
            } else if (!argument.is_null()) {
                special = "called with something else than layers";
            }
        }
    }
    void add_history(const json& history) {
        if (!history.is_array() || history.size() < 3 || !history[0].is_string()) {
            special = "called in an unknown way";
            return;
        }
        names.push_back(history[0]);
        if (history[1] != 0 || history[2] != 0) {
            special = "takes a layer that is called more than once, or has several outputs";
        }
        if (history.size() > 3) {
            add_keywords(history[3]);
        }
    }
    void add_keywords(const json& keywords) {
        for (const auto& [key, value] : keywords.items()) {
            if (!value.is_null()) {
                special = "called with " + core::escaped(key, 40);
            }
        }
    }
};

// The names of `input_layers` or `output_layers`: one [name, node, tensor], or a list of them.
std::vector<std::string> ends_of(const json& ends) {
    std::vector<std::string> names;
    if (ends.is_array() && !ends.empty() && ends[0].is_string()) {
        return {text_of(ends[0])};
    }
    for (const auto& end : ends) {
        names.push_back(end.is_array() && !end.empty() ? text_of(end[0]) : text_of(end));
    }
    return names;
}

void check_class(const json& model, std::string_view shown) {
    const std::string kind = text_of(member(model, "class_name"));
    if (kind == "Sequential") {
        core::fail_input(
            "network {} is a Sequential model (functional ones are read). Write it by "
            "keras.Model(model.inputs, model.outputs).to_json().",
            shown);
    }
    if ((kind != "Functional" && kind != "Model") ||
        !member(member(model, "config"), "layers").is_array()) {
        core::fail_input(
            "network {} is no functional Keras model (its class is '{}'). Write it by "
            "model.to_json().",
            shown, core::escaped(kind));
    }
}

// Fills in what layers take; those are earlier ones.
class Connections {
  public:
    Connections(KerasModel& model, std::string_view shown) : model_(model), shown_(shown) {}

    void add(const json& layer) {
        KerasLayer& added = model_.layers.emplace_back();
        added.name = text_of(member(member(layer, "config"), "name"));
        if (added.name.empty()) {
            added.name = text_of(member(layer, "name"));
        }
        added.kind = text_of(member(layer, "class_name"));
        added.config = member(layer, "config");
        if (added.name.empty()) {
            core::fail_input(
                "network {} has a layer without a name (a {}). Write it by model.to_json().",
                shown_, core::escaped(added.kind));
        }
        connect(added, member(layer, "inbound_nodes"));
        if (!places_.emplace(added.name, static_cast<int>(model_.layers.size()) - 1).second) {
            core::fail_input(
                "network {} has two layers '{}' (names tell weights apart). Name them "
                "otherwise in Keras.",
                shown_, core::escaped(added.name));
        }
    }
    int place(const std::string& name, const std::string& taken_by) const {
        const auto found = places_.find(name);
        if (found == places_.end()) {
            core::fail_input(
                "network {}: {} takes '{}' (no layer before it has that name). Write "
                "it by model.to_json().",
                shown_, taken_by, core::escaped(name));
        }
        return found->second;
    }

  private:
    void connect(KerasLayer& layer, const json& nodes) const {
        if (nodes.is_array() && nodes.size() > 1) {
            layer.call = "called more than once";
        }
        if (!nodes.is_array() || nodes.empty()) {
            return;
        }
        const Node node(nodes[0]);
        if (layer.call.empty()) {
            layer.call = node.special;
        }
        for (const auto& name : node.names) {
            layer.inputs.push_back(place(name, "layer '" + core::escaped(layer.name) + "'"));
        }
    }

    KerasModel& model_;
    std::string_view shown_;
    std::map<std::string, int> places_;
};

int only_end(const json& ends, std::string_view what, const Connections& connections,
             std::string_view shown) {
    const auto names = ends_of(ends);
    if (names.size() != 1) {
        core::fail_input(
            "network {} has {} {} (one is supported). Take a part of the model that "
            "has one.",
            shown, names.size(), what);
    }
    return connections.place(names.front(), "the model's list of " + std::string(what));
}

}  // namespace

const json& member(const json& object, const std::string& key) {
    static const json null;
    const auto found = object.find(key);
    return found == object.end() ? null : *found;
}

KerasModel read_keras_model(std::string_view text, std::string_view shown) {
    const json root = parse(text, shown);
    check_class(root, shown);
    const json& config = member(root, "config");
    const json& layers = member(config, "layers");
    if (layers.size() > kMostLayers) {
        core::fail_input("network {} has {} layers (at most {} can be trained). Take another one.",
                         shown, layers.size(), kMostLayers);
    }
    KerasModel model;
    Connections connections(model, shown);
    for (const auto& layer : layers) {
        connections.add(layer);
    }
    only_end(member(config, "input_layers"), "inputs", connections, shown);
    model.output = only_end(member(config, "output_layers"), "outputs", connections, shown);
    return model;
}

}  // namespace graft::models
