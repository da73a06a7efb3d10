// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "models/graph.hpp"
#include "models/keras_model.hpp"

namespace graft::models {

// The classes of layers that a base may hold, for messages.
std::vector<std::string> known_layers();
// Of what follows a base: layers whose result is no feature map, and Dropout.
bool ends_maps(std::string_view kind);
bool is_dropout(std::string_view kind);

struct ReadLayer {
    LayerKind kind;
    int size = 0;                       // an input's height and width; 0: left open, or no input
    std::vector<std::string> problems;  // what of it is not supported; then `kind` means nothing
};
ReadLayer read_keras_layer(const KerasLayer& layer);

// {"class_name", "config", "name"} of a base's layer, with the options that decide about it.
// `size`: of the input.
nlohmann::json keras_layer(const Layer& layer, int size);

}  // namespace graft::models
