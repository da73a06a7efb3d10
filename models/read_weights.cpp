// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <utility>

#include "core/h5/rehearsal.hpp"

#include "models/weight_file.hpp"
#include "models/weights.hpp"

namespace graft::models {

namespace {

using core::h5::File;

template <class Numbers>
std::string shape_text(const Numbers& shape) {
    std::string text = "(";
    for (const auto n : shape) {
        text += (text.size() > 1 ? ", " : "") + std::to_string(n);
    }
    return text + ")";
}

// A dense kernel may be stored as that of a 1x1 convolution: the same numbers in the same order.
bool same_shape(const std::vector<std::int64_t>& expected, const core::h5::Shape& found) {
    const std::size_t skip =
        expected.size() == 2 && found.size() == 4 && found[0] == 1 && found[1] == 1 ? 2 : 0;
    return std::equal(
        expected.begin(), expected.end(), found.begin() + static_cast<std::ptrdiff_t>(skip),
        found.end(),
        [](std::int64_t a, std::uint64_t b) { return a == static_cast<std::int64_t>(b); });
}

// Which layer of the file gives which layer of the network, or why that is impossible.
struct Pairing {
    std::vector<int> layers;  // of the network
    std::vector<FileLayer> from;
    std::string problem;
};

std::optional<std::string> layer_problem(const File& file, const std::string& name,
                                         const std::vector<TensorInfo>& expected,
                                         const FileLayer& found) {
    if (found.paths.size() != expected.size()) {
        return fmt::format("layer '{}' has {} tensors, the file's layer '{}' {}", name,
                           expected.size(), found.name, found.paths.size());
    }
    for (std::size_t i = 0; i < expected.size(); ++i) {
        if (!file.has(found.paths[i])) {
            return fmt::format("the file names '{}' for layer '{}' but does not hold it",
                               found.paths[i], name);
        }
        const auto shape = file.shape(found.paths[i]);
        if (!same_shape(expected[i].shape, shape)) {
            return fmt::format("layer '{}' expects {} {}, the file's layer '{}' has {}", name,
                               expected[i].name, shape_text(expected[i].shape), found.name,
                               shape_text(shape));
        }
    }
    return std::nullopt;
}

Pairing pair_layers(const File& file, const Network& network, Head head) {
    Pairing pairing;
    const int last =
        head == Head::require ? static_cast<int>(network.layers.size()) : network.base_layers;
    std::vector<std::vector<TensorInfo>> expected;
    for (int i = 0; i < last; ++i) {
        if (auto tensors = tensors_of(network, i); !tensors.empty()) {
            pairing.layers.push_back(i);
            expected.push_back(std::move(tensors));
        }
    }
    int surplus = 0;
    if (has_layer_names(file)) {
        pairing.from = listed_layers(file);
        surplus = static_cast<int>(pairing.from.size()) - static_cast<int>(expected.size());
        pairing.from.resize(expected.size());
    } else {
        pairing.from = numbered_layers(file, network, pairing.layers, surplus);
    }
    for (std::size_t k = 0; k < expected.size(); ++k) {
        const Layer& layer = network.layers[static_cast<std::size_t>(pairing.layers[k])];
        if (pairing.from[k].paths.empty()) {
            pairing.problem =
                fmt::format("the file has no weights for layer '{}', number {} of {} with weights",
                            layer.name, k + 1, expected.size());
            return pairing;
        }
        if (auto problem = layer_problem(file, layer.name, expected[k], pairing.from[k])) {
            pairing.problem = std::move(*problem);
            return pairing;
        }
    }
    if (head == Head::require && surplus > 0) {
        pairing.problem = fmt::format("the file has {} more layers with weights", surplus);
    }
    return pairing;
}

// What to do about a file that does not fit: the network whose base it does fit, if any.
std::string advice(const File& file, const Network& network, Head head) {
    for (const std::string& name : network_names()) {
        const Network other = build_network(name, 2);
        if (pair_layers(file, other, Head::ignore).problem.empty()) {
            return name == network.name && head == Head::require
                       ? "Its base fits; give a file whose head does, too."
                       : fmt::format("It is a file of '{}'.", name);
        }
    }
    return fmt::format("Give a weight file of {} with the network's layers at the top level.",
                       network.name);
}

Weights read_from(const File& file, const Network& network, Head head) {
    const auto& path = file.path();
    if (!has_layer_names(file) && !has_numbered_layers(file)) {
        core::fail_input(
            "cannot find weights in '{}' (neither layer_names, model_weights nor layers). Give a "
            "Keras weight file.",
            path.string());
    }
    const Pairing pairing = pair_layers(file, network, head);
    if (!pairing.problem.empty()) {
        core::fail_input("weight file '{}' does not fit {} ({}). {}", path.string(), network.name,
                         pairing.problem, advice(file, network, head));
    }
    Weights weights;
    weights.tensors.resize(network.layers.size());
    for (std::size_t k = 0; k < pairing.layers.size(); ++k) {
        const int layer = pairing.layers[k];
        const auto expected = tensors_of(network, layer);
        for (std::size_t i = 0; i < expected.size(); ++i) {
            weights.tensors[static_cast<std::size_t>(layer)].push_back(
                {expected[i].shape, file.read<float>(pairing.from[k].paths[i])});
        }
    }
    return weights;
}

template <class Read>
auto refusing_damage(const std::filesystem::path& path, Read read) {
    try {
        return read();
    } catch (const core::h5::Refused& error) {
        core::fail_input("weight file '{}' is damaged ({}). Fetch or save it again.", path.string(),
                         error.what());
    }
}

}  // namespace

Weights read_keras_weights(const std::filesystem::path& path, const Network& network, Head head) {
    if (path.extension() == ".keras") {
        core::fail_input(
            "cannot read weights from '{}' (an archive). Save them in Keras by "
            "model.save_weights('name.weights.h5'), or unpack model.weights.h5 from it.",
            path.string());
    }
    return refusing_damage(path, [&] { return read_from(File::open(path), network, head); });
}

void check_keras_weights(const std::filesystem::path& path, const Network& network, Head head) {
    refusing_damage(path,
                    [&] { core::h5::rehearse([&] { read_keras_weights(path, network, head); }); });
}

}  // namespace graft::models
