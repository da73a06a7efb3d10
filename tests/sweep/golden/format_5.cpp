// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

namespace graft::tests {

using namespace sweep;

std::vector<Segment> golden_format_5() {
    auto segments = golden_format_4();
    // A trial with a value of its own for each key of [training] that came with the format.
    auto planned = std::get<Planned>(segments[0][1][0]);
    auto trial = planned.added.front();
    auto& training = trial.spec.edit().training;
    training.frozen_batch_norm = FrozenBatchNorm::batch;
    training.optimizer = Optimizer::sgd;
    training.update = {0.8, true, 1e-4, 0.25};
    training.schedule = {RateShape::step, 0.125, 5, 0.5, 1.5};
    training.loss = {0.1, ClassWeights::balanced};
    planned.time = {1'795'478'400'000'000 + 1900 * 1'000'000};
    planned.added = {trial};
    planned.left_out.clear();
    segments[2].push_back({planned});
    // The specifications of the first segment's three trials are longer.
    for (const std::size_t later : {1, 2}) {
        std::get<Started>(segments[later][0][0]).seals[0].accepted_bytes = 2681;
    }
    return segments;
}

}  // namespace graft::tests
