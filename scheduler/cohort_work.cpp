// SPDX-License-Identifier: Apache-2.0
#include "scheduler/cohort_work.hpp"

#include <algorithm>

#include "sweep/moments.hpp"

namespace graft::scheduler {

namespace {

double seen_of_epoch(const sweep::TrialSpec& spec, const sweep::Work& work,
                     const sweep::Position& position) {
    return std::min(static_cast<double>(work.train_images),
                    static_cast<double>(position.batch) * spec->training.batch_size);
}

CohortShape shape_at(const std::vector<const sweep::Trial*>& members,
                     const std::optional<sweep::Position>& position) {
    CohortShape shape;
    if (members.empty()) {
        return shape;
    }
    const auto& first = *members.front();
    shape.ahead = images_ahead(first.spec, first.work, position);
    shape.whole = first.work.multiply_adds;
    for (const auto* member : members) {
        shape.frozen.push_back(member->work.frozen_multiply_adds);
    }
    std::sort(shape.frozen.begin(), shape.frozen.end());
    return shape;
}

}  // namespace

Ahead images_ahead(const sweep::TrialSpec& spec, const sweep::Work& work,
                   const std::optional<sweep::Position>& position) {
    const auto train = static_cast<double>(work.train_images);
    const auto evaluate = static_cast<double>(work.evaluated_images);
    const int first = sweep::has_warmup(spec) ? spec->training.warmup_epochs : 0;
    double warmup = std::min(first, work.epochs);
    double tune = std::max(0, work.epochs - first);
    double seen_warmup = 0, seen = 0;
    if (position) {
        const bool tunes = position->phase == sweep::Phase::fine_tune;
        double& epochs = tunes ? tune : warmup;
        warmup = tunes ? 0 : warmup;
        epochs = std::max(0.0, epochs - (position->epoch - 1));
        (tunes ? seen : seen_warmup) = epochs > 0 ? seen_of_epoch(spec, work, *position) : 0;
    }
    return {warmup * (train + evaluate) - seen_warmup, tune * train - seen, tune * evaluate};
}

double cohort_multiply_adds(const Ahead& ahead, double whole, double deepest, double frozen_sum,
                            std::size_t members) {
    const double above = static_cast<double>(members) * whole - frozen_sum;
    return ahead.warmup * whole + (ahead.trained + ahead.evaluated) * deepest +
           (3 * ahead.trained + ahead.evaluated) * above;
}

double cohort_multiply_adds(const CohortShape& shape, std::size_t first, std::size_t last) {
    double sum = 0;
    for (std::size_t i = first; i < last; ++i) {
        sum += shape.frozen[i];
    }
    return first == last ? 0
                         : cohort_multiply_adds(shape.ahead, shape.whole, shape.frozen[last - 1],
                                                sum, last - first);
}

double cohort_multiply_adds(const CohortShape& shape) {
    return cohort_multiply_adds(shape, 0, shape.frozen.size());
}

double trial_multiply_adds(const sweep::TrialSpec& spec, const sweep::Work& work) {
    return cohort_multiply_adds(images_ahead(spec, work, std::nullopt), work.multiply_adds,
                                work.frozen_multiply_adds, work.frozen_multiply_adds, 1);
}

CohortShape shape_of(const std::vector<const sweep::Trial*>& members) {
    return shape_at(members, members.empty() ? std::nullopt : members.front()->position);
}

CohortShape whole_shape_of(const std::vector<const sweep::Trial*>& members) {
    return shape_at(members, std::nullopt);
}

double gain_of(const CohortShape& shape) {
    double alone = 0;
    for (std::size_t i = 0; i < shape.frozen.size(); ++i) {
        alone += cohort_multiply_adds(shape, i, i + 1);
    }
    return alone > 0 ? 1 - cohort_multiply_adds(shape) / alone : 0;
}

double shareable(const sweep::Trial& trial) {
    // Its frozen layers change with its batches.
    if (trial.spec->training.frozen_batch_norm == sweep::FrozenBatchNorm::batch) {
        return 0;
    }
    const auto shape = shape_of({&trial});
    const double alone = cohort_multiply_adds(shape);
    const double shared = shape.ahead.warmup * shape.whole +
                          (shape.ahead.trained + shape.ahead.evaluated) * shape.frozen.front();
    return alone > 0 ? shared / alone : 0;
}

double bytes_on_device(const sweep::TrialSpec& spec, const sweep::Work& work) {
    const double copies = 2 + sweep::moments_of(spec->training);
    return copies * sizeof(float) * static_cast<double>(work.trainable_parameters);
}

double bytes_on_host(const sweep::Work& work) {
    return static_cast<double>(work.weight_bytes);
}

}  // namespace graft::scheduler
