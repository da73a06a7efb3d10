// SPDX-License-Identifier: Apache-2.0
#include "trainer/evaluation.hpp"

#include <algorithm>

#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

namespace {

void append(std::vector<float>& to, const at::Tensor& values) {
    const auto more = host_floats(values);
    to.insert(to.end(), more.begin(), more.end());
}

at::Tensor per_channel(std::vector<float> values, const at::Tensor& like) {
    return from_floats(values, {1, 3, 1, 1}, like.device());
}

}  // namespace

at::Tensor Recipe::scaled(const at::Tensor& images) const {
    if (training.input_range == sweep::InputRange::unit) {
        return images;
    }
    switch (models::keras_scaling(network->name)) {
        case models::Scaling::minus_one_to_one:
            return images * 2 - 1;
        case models::Scaling::imagenet_mean_std:
            return (images - per_channel({0.485F, 0.456F, 0.406F}, images)) /
                   per_channel({0.229F, 0.224F, 0.225F}, images);
        case models::Scaling::none:
            break;
    }
    return images;
}

std::optional<Predictions> predict(const Executor& executor, const Recipe& recipe,
                                   const Dataset& data, const Indices& images, Features features,
                                   const KeepGoing& keep_going) {
    const c10::AutoGradMode off(false);
    const Executor merged = executor.folded(static_cast<int>(recipe.network->layers.size()));
    const int pool = recipe.network->base_layers;
    Mode mode;
    mode.compute = recipe.compute;
    Predictions result;
    const auto size = static_cast<std::size_t>(recipe.training.batch_size);
    for (std::size_t first = 0; first < images.size(); first += size) {
        const auto batch = std::span(images).subspan(first, std::min(size, images.size() - first));
        Live live = merged.run(0, pool + 1, {{0, recipe.scaled(data.images(batch))}}, mode);
        if (features == Features::keep) {
            append(result.features, live.at(pool));
        }
        append(result.scores, at::softmax(merged.logits(pool + 1, std::move(live), mode), 1));
        if (!keep_going()) {
            return std::nullopt;
        }
    }
    return result;
}

std::optional<Executor> reestimated(const Executor& executor, const Recipe& recipe,
                                    const Dataset& data, const Indices& train, int cut,
                                    std::uint64_t epoch, const KeepGoing& keep_going) {
    const c10::AutoGradMode off(false);
    Executor result = executor.with_own_statistics(cut);
    // A key of its own: no epoch of training has this bit.
    const Indices order = epoch_order(train, recipe.seed, epoch | (std::uint64_t{1} << 63));
    const std::int32_t size = recipe.training.batch_size;
    const std::int32_t batches = std::min(batches_of(train.size(), size), kReestimateBatches);
    Mode mode;
    mode.compute = recipe.compute;
    mode.train_from = cut;
    for (std::int32_t i = 0; i < batches; ++i) {
        mode.bn_momentum = static_cast<double>(i) / (i + 1);  // a running mean
        const auto images = recipe.scaled(data.images(batch_of(order, size, i)));
        result.logits(0, {{0, images}}, mode);
        if (!keep_going()) {
            return std::nullopt;
        }
    }
    return result;
}

}  // namespace graft::trainer
