// SPDX-License-Identifier: Apache-2.0
#include <stdexcept>

#include "core/h5/file.hpp"

#include "models/weights.hpp"

namespace graft::models {

void write_keras_weights(const std::filesystem::path& path, const Network& network,
                         const Weights& weights) {
    if (weights.tensors.size() != network.layers.size()) {
        throw std::logic_error("weights of another network");
    }
    core::h5::File file = core::h5::File::create(path);
    std::vector<std::string> layer_names;
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
        const std::string& name = network.layers[i].name;
        layer_names.push_back(name);
        file.make_group("/" + name);
        const auto infos = tensors_of(network, static_cast<int>(i));
        std::vector<std::string> weight_names;
        for (std::size_t t = 0; t < infos.size(); ++t) {
            const HostTensor& tensor = weights.tensors[i].at(t);
            const core::h5::Shape shape(infos[t].shape.begin(), infos[t].shape.end());
            if (tensor.values.size() != core::h5::elements(shape)) {
                throw std::logic_error("a tensor of another shape in layer " + name);
            }
            weight_names.push_back(name + "/" + infos[t].name + ":0");
            file.write("/" + name + "/" + weight_names.back(), shape, tensor.values.data());
        }
        file.write_attribute("/" + name, "weight_names", weight_names);
    }
    // Readers choose the treatment of old files by these two; this is the layout of Keras 2.
    file.write_attribute("/", "backend", std::string("tensorflow"));
    file.write_attribute("/", "keras_version", std::string("2.15.0"));
    file.write_attribute("/", "layer_names", layer_names);
    file.close();
}

}  // namespace graft::models
