// SPDX-License-Identifier: Apache-2.0
#include "sweep/golden/golden.hpp"

namespace graft::tests {

namespace {

using namespace sweep;

core::WallTime at(std::int64_t seconds) {
    return {1'795'478'400'000'000 + seconds * 1'000'000};
}

// A trial with values of its own for what specifications have since the format.
PlannedTrial with_new_members(PlannedTrial trial) {
    auto& settings = trial.spec.edit();
    settings.fold = {2, 5, 7};
    auto& training = settings.training;
    training.frozen_batch_norm = FrozenBatchNorm::batch;
    training.optimizer = Optimizer::sgd;
    training.update = {0.8, true, 1e-4, 0.25};
    training.schedule = {RateShape::step, 0.125, 5, 0.5, 1.5};
    training.loss = {0.1, ClassWeights::balanced};
    trial.work.test_images = 640;
    return trial;
}

}  // namespace

std::vector<Segment> golden_format_5() {
    auto segments = golden_format_4();
    // Trials take more bytes in the first one.
    for (const std::size_t later : {1, 2}) {
        std::get<Started>(segments[later][0].front()).seals[0].accepted_bytes = 2753;
    }
    Planned planned;
    planned.time = at(1900);
    planned.sweep_name = "golden";
    planned.added = {with_new_members(std::get<Planned>(segments[0][1].front()).added.front())};
    segments[2].push_back({planned});
    segments[2].push_back(
        {TrialJudged{at(1901), TrialId{"d5d73ec0a7583c91"}, 3, true, "number 2 of 2 so far"}});
    return segments;
}

}  // namespace graft::tests
