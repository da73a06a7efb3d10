// SPDX-License-Identifier: Apache-2.0
#include "trainer/step.hpp"

#include <cmath>

#include "trainer/augment.hpp"
#include "trainer/keyed.hpp"
#include "trainer/precision.hpp"

namespace graft::trainer {

Model::Batch train_step(Model& model, const Recipe& recipe, LossScaler& scaler,
                        const StepInput& input) {
    const auto& training = recipe.training;
    const at::Tensor images =
        recipe.scaled(augment(input.images, training, recipe.seed, input.epoch, input.samples));
    at::Tensor dropout;
    if (training.dropout > 0) {
        dropout = dropout_mask({"dropout", recipe.seed, input.epoch, input.samples},
                               training.head_units, training.dropout, images.device());
    }
    const Model::Batch batch = model.forward_backward(images, input.labels, dropout, scaler);
    if (std::isfinite(batch.loss)) {
        model.adam().step(input.learning_rate, scaler.scale());
        scaler.update();
    }
    return batch;
}

}  // namespace graft::trainer
