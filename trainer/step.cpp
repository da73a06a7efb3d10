// SPDX-License-Identifier: Apache-2.0
#include "trainer/step.hpp"

#include <map>

#include "trainer/augment.hpp"
#include "trainer/keyed.hpp"
#include "trainer/precision.hpp"

namespace graft::trainer {

namespace {

void train(const Trainee& trainee, Live values, const at::Tensor& labels, bool scaling) {
    Model& model = *trainee.model;
    const double scale = scaling ? trainee.loss_scale->scale : 1;
    if (!model.train_top(std::move(values), labels, trainee.dropout, scale, *trainee.tally)) {
        return;
    }
    if (!scaling || unscale_gradients(model.adam().parameters(), *trainee.loss_scale)) {
        model.adam().step(trainee.learning_rate);
    } else {
        model.adam().drop_gradients();
    }
}

}  // namespace

std::vector<core::Seconds> train_step(const SharedBottom& bottom, at::ScalarType compute,
                                      std::span<const Trainee> trainees, const StepInput& input) {
    std::vector<core::Seconds> spent(trainees.size());
    bottom.run(input.images, compute, SharedBottom::BatchNorms::merged,
               [&](std::size_t i, Live values) {
                   const core::Instant began = core::now();
                   train(trainees[i], std::move(values), input.labels, compute == at::kHalf);
                   spent[i] = core::now() - began;
               });
    return spent;
}

at::Tensor training_images(const Recipe& recipe, const at::Tensor& images, std::uint64_t epoch,
                           std::span<const std::uint32_t> samples) {
    return recipe.scaled(augment(images, recipe.training, recipe.seed, epoch, samples));
}

std::vector<at::Tensor> dropout_masks(const Recipe& recipe, std::span<const double> rates,
                                      std::uint64_t epoch, std::span<const std::uint32_t> samples,
                                      at::Device device) {
    std::map<double, at::Tensor> of_rate;
    std::vector<at::Tensor> masks;
    for (const double rate : rates) {
        at::Tensor& mask = of_rate[rate];
        if (rate > 0 && !mask.defined()) {
            mask = dropout_mask({"dropout", recipe.seed, epoch, samples},
                                recipe.training.head_units, rate, device);
        }
        masks.push_back(mask);
    }
    return masks;
}

}  // namespace graft::trainer
