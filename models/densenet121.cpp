// SPDX-License-Identifier: Apache-2.0
#include "models/families.hpp"

namespace graft::models {

namespace {

constexpr double epsilon = 1.001e-5;
constexpr int growth = 32;

int norm_relu(Graph& graph, int x, const std::string& norm, const std::string& relu) {
    x = graph.add(norm, BatchNorm{epsilon}, {x});
    return graph.add(relu, Activate{Activation::relu}, {x});
}

// Adds `growth` channels behind those of x.
int conv_block(Graph& graph, int x, const std::string& name) {
    int y = norm_relu(graph, x, name + "_0_bn", name + "_0_relu");
    y = graph.add(name + "_1_conv", Conv2d{4 * growth, {1, 1}, 1, Padding::valid}, {y});
    y = norm_relu(graph, y, name + "_1_bn", name + "_1_relu");
    y = graph.add(name + "_2_conv", Conv2d{growth, {3, 3}}, {y});
    return graph.add(name + "_concat", Concatenate{}, {x, y});
}

int transition(Graph& graph, int x, const std::string& name, int channels) {
    x = norm_relu(graph, x, name + "_bn", name + "_relu");
    x = graph.add(name + "_conv", Conv2d{channels, {1, 1}, 1, Padding::valid}, {x});
    return graph.add(name + "_pool", AveragePool{2, 2, Padding::valid}, {x});
}

}  // namespace

Graph densenet121() {
    Graph graph;
    int x = graph.add_numbered("input", Input{}, {});
    x = graph.add_numbered("zero_padding2d", ZeroPad{3, 3, 3, 3}, {x});
    x = graph.add("conv1/conv", Conv2d{64, {7, 7}, 2, Padding::valid}, {x});
    x = norm_relu(graph, x, "conv1/bn", "conv1/relu");
    x = graph.add_numbered("zero_padding2d", ZeroPad{1, 1, 1, 1}, {x});
    x = graph.add("pool1", MaxPool{3, 2, Padding::valid}, {x});
    int channels = 64;
    int number = 2;
    for (const int blocks : {6, 12, 24, 16}) {
        const std::string stage = std::to_string(number);
        if (number > 2) {
            channels /= 2;
            x = transition(graph, x, "pool" + std::to_string(number - 1), channels);
        }
        for (int b = 1; b <= blocks; ++b) {
            x = conv_block(graph, x, "conv" + stage + "_block" + std::to_string(b));
        }
        channels += growth * blocks;
        ++number;
    }
    norm_relu(graph, x, "bn", "relu");
    return graph;
}

}  // namespace graft::models
