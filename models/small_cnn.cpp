// SPDX-License-Identifier: Apache-2.0
#include "models/families.hpp"

namespace graft::models {

Graph small_cnn() {
    Graph graph;
    int x = graph.add_numbered("input", Input{}, {});
    int number = 1;
    for (const int filters : {32, 64, 128, 256}) {
        const std::string name = "conv" + std::to_string(number++);
        x = graph.add(name, Conv2d{filters, {7, 7}, 1, Padding::same, true}, {x});
        x = graph.add(name + "_relu", Activate{Activation::relu}, {x});
        x = graph.add(name + "_bn", BatchNorm{1e-3}, {x});
        x = graph.add(name + "_pool", MaxPool{2, 2, Padding::valid}, {x});
    }
    return graph;
}

}  // namespace graft::models
