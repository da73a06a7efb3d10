// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>

#include "core/h5/file.hpp"
#include "core/hash.hpp"

#include "models/weights.hpp"

namespace graft::tests {

// A value that tells tensors apart: every tensor of a synthetic file is filled with its own.
inline float mark(const std::string& layer, const std::string& tensor) {
    return static_cast<float>(core::checksum(layer + "/" + tensor) % 1000003);
}

inline void put_marked(core::h5::File& file, const std::string& path, const std::string& layer,
                       const models::TensorInfo& info) {
    const core::h5::Shape shape(info.shape.begin(), info.shape.end());
    const std::vector<float> values(core::h5::elements(shape), mark(layer, info.name));
    file.write(path, shape, values.data());
}

// Puts the layers [0, last) of `network` under `root` in the published layout, in their order.
// Weightless layers are listed, too, as Keras does.
inline void put_listed_layers(core::h5::File& file, const models::Network& network, int last,
                              const std::string& root, std::vector<std::string>& layer_names) {
    for (int i = 0; i < last; ++i) {
        const std::string& name = network.layers[static_cast<std::size_t>(i)].name;
        std::vector<std::string> weight_names;
        file.make_group(root + "/" + name);
        for (const auto& info : models::tensors_of(network, i)) {
            weight_names.push_back(name + "/" + info.name + ":0");
            put_marked(file, root + "/" + name + "/" + weight_names.back(), name, info);
        }
        file.write_attribute(root + "/" + name, "weight_names", weight_names);
        layer_names.push_back(name);
    }
}

inline void write_published(const std::filesystem::path& path, const models::Network& network,
                            int last) {
    auto file = core::h5::File::create(path);
    std::vector<std::string> layer_names;
    put_listed_layers(file, network, last, "", layer_names);
    file.write_attribute("/", "layer_names", layer_names);
    file.close();
}

// How many tensors of layers [0, last) do not hold their own mark everywhere.
inline int wrong_tensors(const models::Network& network, const models::Weights& weights, int last) {
    int wrong = 0;
    for (int i = 0; i < last; ++i) {
        const auto infos = models::tensors_of(network, i);
        const auto& tensors = weights.tensors.at(static_cast<std::size_t>(i));
        wrong += infos.size() == tensors.size() ? 0 : 1;
        for (std::size_t t = 0; t < std::min(infos.size(), tensors.size()); ++t) {
            const float expected =
                mark(network.layers[static_cast<std::size_t>(i)].name, infos[t].name);
            const auto& values = tensors[t].values;
            const bool right =
                !values.empty() && tensors[t].shape == infos[t].shape &&
                std::all_of(values.begin(), values.end(), [&](float v) { return v == expected; });
            wrong += right ? 0 : 1;
        }
    }
    return wrong;
}

}  // namespace graft::tests
