// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "models/network.hpp"

namespace graft::models {

// Weights on the host in Keras' layouts, float32. tensors[i] belongs to layers[i] of the network,
// in the order of tensors_of(network, i).
struct HostTensor {
    std::vector<std::int64_t> shape;
    std::vector<float> values;
};
struct Weights {
    std::vector<std::vector<HostTensor>> tensors;
};

// Reads a Keras weight file for the base of `network`: the published layout (root `layer_names`),
// a whole-model file (`model_weights`), or Keras 3's .weights.h5. Published and whole-model files
// pair by order as Keras does (reference: keras/src/legacy/saving/legacy_h5_format.py,
// load_weights_from_hdf5_group); .weights.h5 class by class, in numeric order, because it holds no
// names (weight_file.hpp). Layers with weights beyond the base, a head or ImageNet top, are left
// aside by Head::ignore (the head's entries of `tensors` are then empty); Head::require reads the
// head, too, and wants exactly this network's. Throws InputError naming file, layer, expected and
// found shape, and the network whose file it is, where that is known; or saying that it is damaged.
enum class Head { ignore, require };
Weights read_keras_weights(const std::filesystem::path& path, const Network& network, Head head);

// Throws as read_keras_weights() does; a file that makes HDF5 crash or hang is a damaged one, too.
// For a process without other threads, before anything is made of the file.
void check_keras_weights(const std::filesystem::path& path, const Network& network, Head head);

// Writes all layers in the published layout, readable by Keras' model.load_weights() on the same
// architecture (h5 legacy format, attributes layer_names / weight_names / backend /
// keras_version), to `path` as it stands (the caller writes aside and renames).
void write_keras_weights(const std::filesystem::path& path, const Network& network,
                         const Weights& weights);

// The names of the ImageNet files that Keras publishes for a network, the preferred (no-top, and
// for MobileNet trained at 224) first; empty for small_cnn. Throws InputError for an unknown name.
std::vector<std::string> published_file_names(std::string_view network);

enum class Init { random, pretrained, mean_var };

// The weights of a new trial.
//   random      glorot_uniform kernels (Keras: U(+-sqrt(6 / (fan_in + fan_out)))), biases 0, batch
//               norm gamma 1, beta 0, mean 0, variance 1
//   pretrained  the base as in `pretrained`, of which `transfer_percent` of the bottom layers
//               (floor(N percent / 100)) and random above
//   mean_var    kernels and biases of the base normal with each pretrained tensor's mean and
//               variance, batch norm the identity (Raghu et al., Transfusion, NeurIPS 2019)
// The head is always random. `pretrained` may be null for random only. Draws are keyed by (seed,
// layer name, tensor name): equal on every machine, and independent of the other layers.
Weights make_weights(const Network& network, Init init, const Weights* pretrained,
                     double transfer_percent, std::uint64_t seed);

}  // namespace graft::models
