// SPDX-License-Identifier: Apache-2.0
#include "sweep/rate.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "sweep/cohort.hpp"

namespace graft::sweep {

double rate_at(const Schedule& schedule, double learning_rate, const PhaseStep& at) {
    const std::int64_t growth =
        std::llround(schedule.rate_warmup_epochs * static_cast<double>(at.steps_per_epoch));
    if (at.step < growth) {
        return learning_rate * (static_cast<double>(at.step) / static_cast<double>(growth));
    }
    const std::int64_t since = at.step - growth;
    switch (schedule.shape) {
        case RateShape::constant:
            break;
        case RateShape::cosine: {
            const std::int64_t steps =
                std::max<std::int64_t>(1, at.epochs * at.steps_per_epoch - growth);
            const double part = static_cast<double>(since) / static_cast<double>(steps);
            const double cosine = (1 + std::cos(std::numbers::pi * part)) / 2;
            return learning_rate * (schedule.final_rate + (1 - schedule.final_rate) * cosine);
        }
        case RateShape::step: {
            const std::int64_t times = since / (at.steps_per_epoch * schedule.step_epochs);
            return learning_rate * std::pow(schedule.step_factor, static_cast<double>(times));
        }
    }
    return learning_rate;
}

double rate_at(const TrialSpec& spec, const Position& position, std::int32_t batches) {
    if (position.phase == Phase::warmup) {
        return warmup_rate(spec);
    }
    const std::int64_t steps = batches;
    return rate_at(spec->training.schedule, spec->training.learning_rate,
                   {(position.epoch - 1) * steps + position.batch, steps, fine_tune_epochs(spec)});
}

}  // namespace graft::sweep
