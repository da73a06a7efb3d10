// SPDX-License-Identifier: Apache-2.0
#include "trainer/step.hpp"

#include <map>

#include "trainer/augment.hpp"
#include "trainer/augment_host.hpp"
#include "trainer/cuda/range.hpp"

namespace graft::trainer {

namespace {

void train(const Trainee& trainee, Live values, const StepInput& input) {
    Model& model = *trainee.model;
    LossScaler& scaler = *trainee.loss_scaler;
    Tally& tally = *trainee.tally;
    const bool usable =
        input.divided
            ? model.train_top(std::move(values), input.labels, trainee.dropout, scaler, tally,
                              *input.divided)
            : model.train_top(std::move(values), input.labels, trainee.dropout, scaler, tally);
    if (usable) {
        model.optimizer().step(scaler.scale());
        scaler.update();
    }
}

}  // namespace

std::vector<core::Seconds> train_step(const SharedBottom& bottom, at::ScalarType compute,
                                      std::span<const Trainee> trainees, const StepInput& input) {
    std::vector<core::Seconds> spent(trainees.size());
    const auto top = [&](std::size_t i, Live values) {
        const cuda::Range range("own layers");
        const core::Instant began = core::now();
        train(trainees[i], std::move(values), input);
        spent[i] = core::now() - began;
    };
    if (input.labels.size(0) == 0) {
        for (const std::size_t i : bottom.order()) {
            top(i, {});
        }
    } else {
        bottom.run(input.images, compute, SharedBottom::BatchNorms::merged, top);
    }
    return spent;
}

at::Tensor training_images(const Recipe& recipe, const at::Tensor& images, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples) {
    return recipe.scaled(augment(images, recipe.training, recipe.seed, epoch, samples));
}

at::Tensor training_images(const Recipe& recipe, const Dataset& data, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples) {
    const data::Prepared& prepared = data.prepared();
    const bool as_stored = prepared.stored_size == prepared.size;
    if (data.device().is_cpu() && data.held() && as_stored) {
        return recipe.scaled(
            augment_stored(data.pixels(), recipe.training, recipe.seed, epoch, samples));
    }
    return training_images(recipe, data.images(samples), epoch, samples);
}

std::vector<at::Tensor> dropout_masks(std::span<const double> rates,
                                      const std::function<at::Tensor(double)>& make) {
    std::map<double, at::Tensor> of_rate;
    std::vector<at::Tensor> masks;
    for (const double rate : rates) {
        at::Tensor& mask = of_rate[rate];
        if (rate > 0 && !mask.defined()) {
            mask = make(rate);
        }
        masks.push_back(mask);
    }
    return masks;
}

}  // namespace graft::trainer
