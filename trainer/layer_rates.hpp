// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "models/network.hpp"

namespace graft::trainer {

// The share of the learning rate that each layer of a network learns with, by layer. With B layers
// in the base, b the lowest that has trainable tensors, and r = bottom_rate, layer l has
//   r ^ ((B - l) / (B - b)) in the base (r in layer b), 1 in the head;
// whatever is frozen: a layer's share is the same at every cut. Rates by depth are Howard and
// Ruder's (2018), who divide them by 2.6 from layer to layer.
std::vector<double> layer_rates(const models::Network& network, double bottom_rate);

}  // namespace graft::trainer
