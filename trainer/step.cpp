// SPDX-License-Identifier: Apache-2.0
#include "trainer/step.hpp"

#include <cmath>

#include "trainer/augment.hpp"
#include "trainer/keyed.hpp"
#include "trainer/precision.hpp"

namespace graft::trainer {

Model::Batch train_step(Model& model, const Recipe& recipe, LossScale& scale,
                        const StepInput& input) {
    const auto& training = recipe.training;
    const at::Tensor images =
        recipe.scaled(augment(input.images, training, recipe.seed, input.epoch, input.samples));
    at::Tensor dropout;
    if (training.dropout > 0) {
        dropout = dropout_mask({"dropout", recipe.seed, input.epoch, input.samples},
                               training.head_units, training.dropout, images.device());
    }
    const bool scaling = recipe.compute == at::kHalf;
    const Model::Batch batch =
        model.forward_backward(images, input.labels, dropout, scaling ? scale.scale : 1);
    if (!std::isfinite(batch.loss)) {
        return batch;
    }
    if (!scaling || unscale_gradients(model.adam().parameters(), scale)) {
        model.adam().step(input.learning_rate);
    } else {
        model.adam().drop_gradients();
    }
    return batch;
}

}  // namespace graft::trainer
