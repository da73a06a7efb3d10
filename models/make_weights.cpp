// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "core/random.hpp"

#include "models/weights.hpp"

namespace graft::models {

namespace {

bool is_kernel(const TensorInfo& info) {
    return info.name == "kernel" || info.name == "depthwise_kernel";
}

std::size_t elements(const TensorInfo& info) {
    std::size_t count = 1;
    for (const auto n : info.shape) {
        count *= static_cast<std::size_t>(n);
    }
    return count;
}

core::RandomStream stream_of(const std::string& purpose, const Layer& layer, const TensorInfo& info,
                             std::uint64_t seed) {
    return {purpose + "/" + layer.name + "/" + info.name, seed};
}

// Keras' compute_fans: the last two extents times the product of the others.
HostTensor glorot_uniform(const TensorInfo& info, core::RandomStream stream) {
    double field = 1;
    for (std::size_t i = 0; i + 2 < info.shape.size(); ++i) {
        field *= static_cast<double>(info.shape[i]);
    }
    const auto [in, out] = std::pair(*(info.shape.end() - 2), info.shape.back());
    const double limit = std::sqrt(6 / (field * static_cast<double>(in + out)));
    HostTensor tensor{info.shape, std::vector<float>(elements(info))};
    for (float& value : tensor.values) {
        // 2 u - 1 is exact, so there is a single rounding, with or without fused multiply-add.
        value = static_cast<float>(limit * (2 * static_cast<double>(stream.uniform()) - 1));
    }
    return tensor;
}

HostTensor fresh(const Layer& layer, const TensorInfo& info, std::uint64_t seed) {
    if (is_kernel(info)) {
        return glorot_uniform(info, stream_of("init", layer, info, seed));
    }
    const bool one = info.name == "gamma" || info.name == "moving_variance";
    return {info.shape, std::vector<float>(elements(info), one ? 1.0F : 0.0F)};
}

HostTensor normal_like(const HostTensor& model, core::RandomStream stream) {
    const auto count = static_cast<double>(model.values.size());
    double sum = 0;
    for (const float value : model.values) {
        sum += value;
    }
    const double mean = sum / count;
    double squares = 0;
    for (const float value : model.values) {
        squares += (value - mean) * (value - mean);
    }
    const double deviation = std::sqrt(squares / count);
    HostTensor tensor{model.shape, std::vector<float>(model.values.size())};
    for (float& value : tensor.values) {
        value = static_cast<float>(mean + deviation * stream.normal());
    }
    return tensor;
}

void check_pretrained(const Network& network, const Weights* pretrained) {
    if (!pretrained || pretrained->tensors.size() != network.layers.size()) {
        throw std::logic_error("this initialisation needs the network's pretrained weights");
    }
}

}  // namespace

Weights make_weights(const Network& network, Init init, const Weights* pretrained,
                     double transfer_percent, std::uint64_t seed) {
    if (init != Init::random) {
        check_pretrained(network, pretrained);
    }
    const int taken = init == Init::pretrained ? frozen_layers(network, transfer_percent) : 0;
    Weights weights;
    for (int i = 0; i < static_cast<int>(network.layers.size()); ++i) {
        const Layer& layer = network.layers[static_cast<std::size_t>(i)];
        const auto infos = tensors_of(network, i);
        auto& tensors = weights.tensors.emplace_back();
        if (i < taken) {
            tensors = pretrained->tensors[static_cast<std::size_t>(i)];
            continue;
        }
        for (std::size_t t = 0; t < infos.size(); ++t) {
            const bool drawn = init == Init::mean_var && i < network.base_layers &&
                               (is_kernel(infos[t]) || infos[t].name == "bias");
            tensors.push_back(
                drawn ? normal_like(pretrained->tensors[static_cast<std::size_t>(i)].at(t),
                                    stream_of("mean_var", layer, infos[t], seed))
                      : fresh(layer, infos[t], seed));
        }
    }
    return weights;
}

}  // namespace graft::models
