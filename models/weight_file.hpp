// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "core/h5/file.hpp"

#include "models/network.hpp"

namespace graft::models {

// A layer as a weight file holds it: its name there and its tensors' paths, in the file's order.
struct FileLayer {
    std::string name;
    std::vector<std::string> paths;
};

// The layers with weights of a file that lists them in `layer_names` (at the root, or in the group
// `model_weights` of a whole-model file), in that order. HDF5 itself sorts groups by name.
bool has_layer_names(const core::h5::File& file);
std::vector<FileLayer> listed_layers(const core::h5::File& file);

// The layers with weights of a Keras 3 `.weights.h5` (also of TensorFlow 2.12 and later), in the
// order of `wanted` (indices of network.layers). Such a file knows no layer names: it numbers the
// layers of each class ("conv2d", "conv2d_1", ...) in the order of `model.layers`
// (keras/src/saving/saving_lib.py, _save_container_state), so they pair class by class. Wanted
// layers that the file lacks are missing at the end of their class: the answer then holds an entry
// without paths. `surplus` counts layers of the file that nothing wanted.
bool has_numbered_layers(const core::h5::File& file);
std::vector<FileLayer> numbered_layers(const core::h5::File& file, const Network& network,
                                       const std::vector<int>& wanted, int& surplus);

}  // namespace graft::models
