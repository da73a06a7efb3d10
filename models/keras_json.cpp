// SPDX-License-Identifier: Apache-2.0
#include "models/keras_json.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/text.hpp"

#include "models/keras_layers.hpp"
#include "models/keras_model.hpp"

namespace graft::models {

namespace {

using nlohmann::json;

constexpr int kUsualSize = 224;  // of a model that leaves it open
constexpr std::int64_t kMostParameters = 2'000'000'000;
constexpr std::size_t kContentDigits = 16;
constexpr std::size_t kLongestName = 200;
constexpr std::size_t kNamed = 3;  // layers with the same problem

// What cannot be had, each with the layers that it is about, in the order of the file.
class Problems {
  public:
    void add(const std::string& text, const std::string& layer) {
        auto [place, is_new] = layers_.try_emplace(text);
        if (is_new) {
            order_.push_back(text);
        }
        place->second.push_back(layer);
    }
    void check(std::string_view shown) const {
        if (order_.empty()) {
            return;
        }
        std::string text;
        for (const auto& problem : order_) {
            text += fmt::format("\n    {} in {}", problem, names_of(layers_.at(problem)));
        }
        core::fail_input(
            "network {} cannot be trained (it holds what graft does not know):{}\n"
            "Known are {}. Take another network, or write these otherwise in Keras and save "
            "model.to_json() again (docs/networks.md).",
            shown, text, core::join(known_layers()));
    }

  private:
    static std::string names_of(const std::vector<std::string>& layers) {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < std::min(layers.size(), kNamed); ++i) {
            names.push_back("'" + core::escaped(layers[i]) + "'");
        }
        return core::join(names) +
               (layers.size() > kNamed ? fmt::format(" and {} more", layers.size() - kNamed) : "");
    }

    std::vector<std::string> order_;
    std::map<std::string, std::vector<std::string>> layers_;
};

// Whether a layer's value is no feature map any more.
std::vector<bool> past_the_maps(const KerasModel& model) {
    std::vector<bool> past(model.layers.size(), false);
    for (std::size_t i = 0; i < past.size(); ++i) {
        const auto& layer = model.layers[i];
        past[i] = ends_maps(layer.kind) ||
                  std::any_of(layer.inputs.begin(), layer.inputs.end(),
                              [&](int input) { return past[static_cast<std::size_t>(input)]; });
    }
    return past;
}

// The layers that `output` needs.
std::vector<bool> needed_by(const KerasModel& model, int output) {
    std::vector<bool> needed(model.layers.size(), false);
    needed[static_cast<std::size_t>(output)] = true;
    for (std::size_t i = needed.size(); i-- > 0;) {
        for (const int input : model.layers[i].inputs) {
            if (needed[i]) {
                needed[static_cast<std::size_t>(input)] = true;
            }
        }
    }
    return needed;
}

// The base's last layer: the last feature map where a classifier follows it, else the output.
int end_of_base(const KerasModel& model) {
    const auto past = past_the_maps(model);
    const auto needed = needed_by(model, model.output);
    int end = model.output;
    if (!past[static_cast<std::size_t>(end)]) {
        return end;
    }
    int crossings = 0;  // from maps to what is none
    for (std::size_t i = 0; i < past.size(); ++i) {
        for (const int input : model.layers[i].inputs) {
            if (needed[i] && past[i] && !past[static_cast<std::size_t>(input)]) {
                ++crossings;
                end = input;
            }
        }
    }
    if (crossings != 1) {
        return model.output;  // maps are used after a pooling: no classifier behind them
    }
    while (is_dropout(model.layers[static_cast<std::size_t>(end)].kind) &&
           model.layers[static_cast<std::size_t>(end)].inputs.size() == 1) {
        end = model.layers[static_cast<std::size_t>(end)].inputs.front();
    }
    return end;
}

// What makes names unfit for weight files, where a layer is a group, and for graft's own head;
// nothing where they are fit.
class Names {
  public:
    std::optional<std::string> problem(const std::string& name) {
        // Keras' own rule (Keras 2: scopes of TensorFlow; Keras 3 has no '/').
        static const std::string_view allowed =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.>-/";
        // Of the head (with_head).
        constexpr std::array head{"avg_pool",     "head_dense",  "head_relu",
                                  "head_dropout", "predictions", "predictions_softmax"};
        names_.insert(name);
        if (name.size() > kLongestName || name.find_first_not_of(allowed) != std::string::npos) {
            return "a name of something else than letters, digits and _.>-/";
        }
        if (std::find(head.begin(), head.end(), name) != head.end()) {
            return "a name that graft's own head has";
        }
        for (const auto& part : core::split(name, '/')) {
            if (part.empty() || part == "." || part == "..") {
                return "a name that is no path in a weight file";
            }
        }
        return std::nullopt;
    }
    // Layers that would lie in another one's group.
    std::vector<std::string> nested() const {
        std::vector<std::string> found;
        for (const auto& name : names_) {
            for (auto slash = name.find('/'); slash != std::string::npos;
                 slash = name.find('/', slash + 1)) {
                if (names_.contains(name.substr(0, slash))) {
                    found.push_back(name);
                }
            }
        }
        return found;
    }

  private:
    std::set<std::string> names_;
};

// The needed layers as a graph, and the input's size.
struct Base {
    Graph graph;
    int size = 0;
};

Base translated(const KerasModel& model, int end, std::string_view shown) {
    const auto needed = needed_by(model, end);
    Base base;
    Problems problems;
    std::vector<int> places(model.layers.size(), 0);
    bool base_has_input = false;
    Names names;
    for (std::size_t i = 0; i <= static_cast<std::size_t>(end); ++i) {
        const auto& layer = model.layers[i];
        if (!needed[i]) {
            continue;
        }
        const auto read = read_keras_layer(layer);
        for (const auto& problem : read.problems) {
            problems.add(problem, layer.name);
        }
        if (const auto problem = names.problem(layer.name)) {
            problems.add(*problem, layer.name);
        }
        if (layer.kind == "InputLayer") {
            base.size = read.size;
            if (base_has_input) {
                problems.add("a second input", layer.name);
            }
            base_has_input = true;
        }
        std::vector<int> inputs;
        for (const int input : layer.inputs) {
            inputs.push_back(places[static_cast<std::size_t>(input)]);
        }
        places[i] = base.graph.add(layer.name, read.kind, std::move(inputs));
    }
    for (const auto& name : names.nested()) {
        problems.add("a name within another layer's", name);
    }
    problems.check(shown);
    return base;
}

void check_shapes(Network& network, std::string_view shown) {
    if (const auto problem = shape_problem(network, network.default_size)) {
        core::fail_input(
            "network {} does not work at its own size of {} px ({}). Mend it in Keras.", shown,
            network.default_size, *problem);
    }
    network.minimum_size = 1;
    while (shape_problem(network, network.minimum_size)) {
        ++network.minimum_size;
    }
    const auto parameters = count_parameters(network, 0, network.base_layers).total;
    if (parameters == 0 || parameters > kMostParameters) {
        core::fail_input("network {} has {} parameters (1 to {} can be trained). Take another one.",
                         shown, parameters, kMostParameters);
    }
}

}  // namespace

Network read_keras_json(std::string_view text, std::string_view shown, std::string_view label) {
    const KerasModel model = read_keras_model(text, shown);
    Base base = translated(model, end_of_base(model), shown);
    Network network;
    network.name = label;
    network.default_size = base.size > 0 ? base.size : kUsualSize;
    network.layers = base.graph.in_keras_order();
    network.base_layers = static_cast<int>(network.layers.size());
    check_shapes(network, shown);
    return network;
}

std::string keras_json(const Network& network) {
    json layers = json::array();
    for (int i = 0; i < network.base_layers; ++i) {
        const Layer& layer = network.layers[static_cast<std::size_t>(i)];
        json node = json::array();
        for (const int input : layer.inputs) {
            node.push_back(
                {network.layers[static_cast<std::size_t>(input)].name, 0, 0, json::object()});
        }
        json one = keras_layer(layer, network.default_size);
        one["inbound_nodes"] = node.empty() ? json::array() : json::array({node});
        layers.push_back(std::move(one));
    }
    const auto end = [&](int index) {
        const auto& name = network.layers.at(static_cast<std::size_t>(index)).name;
        return json::array({json::array({name, 0, 0})});
    };
    const json config{{"name", "base"},
                      {"layers", std::move(layers)},
                      {"input_layers", end(0)},
                      {"output_layers", end(network.base_layers - 1)}};
    return json{{"class_name", "Functional"}, {"config", config}}.dump();
}

std::string name_with_content(std::string_view label, std::string_view json,
                              std::string_view preprocessing) {
    return fmt::format("{}@{}{}{}", label, core::content_hash(json).substr(0, kContentDigits),
                       preprocessing.empty() ? "" : ":", preprocessing);
}

}  // namespace graft::models
