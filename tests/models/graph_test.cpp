// SPDX-License-Identifier: Apache-2.0
#include "models/graph.hpp"

#include "support/catch.hpp"

using namespace graft::models;

namespace {

std::string names(const std::vector<Layer>& layers) {
    std::string text;
    for (const Layer& layer : layers) {
        text += layer.name;
    }
    return text;
}

}  // namespace

TEST_CASE("layers are ordered by depth, then by the walk from the output, not by creation") {
    Graph graph;
    const int i = graph.add("i", Input{}, {});
    const int a = graph.add("a", Add{}, {i});  // short branch
    const int b = graph.add("b", Add{}, {i});  // long branch
    const int c = graph.add("c", Add{}, {b});
    graph.add("o", Concatenate{}, {c, a});
    // depths: o 0, a and c 1, b 2, i 3; the walk enters c before a
    const auto layers = graph.in_keras_order();
    CHECK(names(layers) == "ibcao");
    CHECK(layers[4].inputs == std::vector<int>{2, 3});
    CHECK(layers[3].inputs == std::vector<int>{0});
}

TEST_CASE("layers that the output does not need are left out") {
    const std::vector<Layer> layers{
        {"i", Input{}, {}}, {"unused", Add{}, {0}}, {"o", Add{}, {0}}, {"later", Add{}, {2}}};
    CHECK(names(keras_order(layers, 2)) == "io");
}

TEST_CASE("layers without a name are numbered per stem from 1") {
    Graph graph;
    const int i = graph.add_numbered("input", Input{}, {});
    const int a = graph.add_numbered("pool", MaxPool{}, {i});
    graph.add_numbered("pool", MaxPool{}, {a});
    CHECK(names(graph.in_keras_order()) == "input_1pool_1pool_2");
}
