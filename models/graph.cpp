// SPDX-License-Identifier: Apache-2.0
#include "models/graph.hpp"

#include <algorithm>
#include <utility>

namespace graft::models {

namespace {

// Appends `layer` and then all that it needs, each once, at its first visit.
void walk(const std::vector<Layer>& layers, int layer, std::vector<bool>& entered,
          std::vector<int>& order) {
    if (entered[static_cast<std::size_t>(layer)]) {
        return;
    }
    entered[static_cast<std::size_t>(layer)] = true;
    order.push_back(layer);
    for (const int input : layers[static_cast<std::size_t>(layer)].inputs) {
        walk(layers, input, entered, order);
    }
}

// The longest way to `output`. Inputs come before their consumers in creation order, so one pass
// from the end sees every consumer first.
std::vector<int> depths(const std::vector<Layer>& layers, int output) {
    std::vector<int> depth(layers.size(), 0);
    for (int i = output; i >= 0; --i) {
        const int next = depth[static_cast<std::size_t>(i)] + 1;
        for (const int input : layers[static_cast<std::size_t>(i)].inputs) {
            auto& known = depth[static_cast<std::size_t>(input)];
            known = std::max(known, next);
        }
    }
    return depth;
}

}  // namespace

std::vector<Layer> keras_order(const std::vector<Layer>& layers, int output) {
    std::vector<bool> entered(layers.size(), false);
    std::vector<int> order;
    walk(layers, output, entered, order);
    const std::vector<int> depth = depths(layers, output);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
        return depth[static_cast<std::size_t>(a)] > depth[static_cast<std::size_t>(b)];
    });
    std::vector<int> position(layers.size(), 0);
    for (std::size_t i = 0; i < order.size(); ++i) {
        position[static_cast<std::size_t>(order[i])] = static_cast<int>(i);
    }
    std::vector<Layer> sorted;
    for (const int index : order) {
        Layer& layer = sorted.emplace_back(layers[static_cast<std::size_t>(index)]);
        for (int& input : layer.inputs) {
            input = position[static_cast<std::size_t>(input)];
        }
    }
    return sorted;
}

int Graph::add(std::string name, LayerKind kind, std::vector<int> inputs) {
    layers_.push_back({std::move(name), kind, std::move(inputs)});
    return static_cast<int>(layers_.size()) - 1;
}

int Graph::add_numbered(const std::string& stem, LayerKind kind, std::vector<int> inputs) {
    return add(stem + "_" + std::to_string(++numbers_[stem]), kind, std::move(inputs));
}

std::vector<Layer> Graph::in_keras_order() const {
    return keras_order(layers_, static_cast<int>(layers_.size()) - 1);
}

}  // namespace graft::models
