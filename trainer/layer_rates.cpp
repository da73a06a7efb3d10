// SPDX-License-Identifier: Apache-2.0
#include "trainer/layer_rates.hpp"

#include <algorithm>
#include <cmath>

namespace graft::trainer {

namespace {

bool is_trainable(const models::Network& network, int layer) {
    const auto tensors = models::tensors_of(network, layer);
    return std::any_of(tensors.begin(), tensors.end(),
                       [](const auto& tensor) { return tensor.trainable; });
}

}  // namespace

std::vector<double> layer_rates(const models::Network& network, double bottom_rate) {
    std::vector<double> rates(network.layers.size(), 1);
    const int base = network.base_layers;
    int lowest = 0;
    while (lowest < base && !is_trainable(network, lowest)) {
        ++lowest;
    }
    for (int layer = lowest; layer < base; ++layer) {
        const double height = static_cast<double>(base - layer) / (base - lowest);
        rates[static_cast<std::size_t>(layer)] = std::pow(bottom_rate, height);
    }
    return rates;
}

}  // namespace graft::trainer
