// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "models/network.hpp"

namespace graft::models {

// A network while it is built, its layers in creation order.
class Graph {
  public:
    // Returns the new layer's index in creation order; `inputs` are such indices.
    int add(std::string name, LayerKind kind, std::vector<int> inputs);
    // For a layer that Keras names by itself: "conv2d_1", "conv2d_2", ... per stem.
    int add_numbered(const std::string& stem, LayerKind kind, std::vector<int> inputs);
    // The layers in Keras' order; the layer added last is the output.
    std::vector<Layer> in_keras_order() const;

  private:
    std::vector<Layer> layers_;
    std::map<std::string, int> numbers_;
};

// The layers that `output` needs, in the order of Keras' `model.layers`, inputs renumbered.
// Rule (keras/src/models/functional.py, map_graph, unchanged since Keras 2.0): depth(output) = 0,
// depth(layer) = 1 + the largest depth of its consumers; deepest first, ties in the order in which
// a depth-first walk from the output, inputs in list order, first enters the layers.
std::vector<Layer> keras_order(const std::vector<Layer>& layers, int output);

}  // namespace graft::models
