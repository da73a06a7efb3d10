// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sweep/training.hpp"

namespace graft::sweep {

// Numbers that an optimizer keeps for each weight that it trains: the two moments of adam and
// adamw; of sgd its velocity, or none without momentum.
constexpr int moments_of(Optimizer optimizer, const Update& update) {
    return optimizer != Optimizer::sgd ? 2 : update.momentum > 0 ? 1 : 0;
}
constexpr int moments_of(const Training& training) {
    return moments_of(training.optimizer, training.update);
}

}  // namespace graft::sweep
