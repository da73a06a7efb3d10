// SPDX-License-Identifier: Apache-2.0
#include "trainer/evaluation.hpp"

#include <algorithm>

#include <ATen/ops/cat.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/tensor.h>
#include <ATen/TensorOperators.h>
#include <c10/core/GradMode.h>

namespace graft::trainer {

namespace {

// Those of `rows` that lie within [first, first + count), counted from `first`.
Indices rows_within(const Indices* rows, std::size_t first, std::size_t count) {
    Indices within;
    if (rows) {
        const auto begin = std::lower_bound(rows->begin(), rows->end(), first);
        const auto end = std::lower_bound(begin, rows->end(), first + count);
        for (auto row = begin; row != end; ++row) {
            within.push_back(*row - static_cast<std::uint32_t>(first));
        }
    }
    return within;
}

// Of one branch, batch by batch: scores [n, classes], features [rows, features].
struct Parts {
    std::vector<at::Tensor> scores, features;

    Answers joined() const {
        const auto all = [](const std::vector<at::Tensor>& parts) {
            return parts.empty() ? at::Tensor() : at::cat(parts);
        };
        return {all(scores), all(features)};
    }
};

at::Tensor taken(const at::Tensor& values, const Indices& rows) {
    std::vector<std::int64_t> index(rows.begin(), rows.end());
    return values.index_select(0, uploaded(at::tensor(index), values.device()));
}

at::Tensor per_channel(const std::vector<float>& values, const at::Tensor& like) {
    return uploaded(from_floats(values, {1, 3, 1, 1}, at::kCPU), like.device());
}

}  // namespace

Predictions Answers::read() const {
    const auto floats = [](const at::Tensor& values) {
        return values.defined() ? host_floats(values) : std::vector<float>();
    };
    return {floats(scores), floats(features)};
}

at::Tensor Recipe::scaled(const at::Tensor& images) const {
    if (training.input_range == sweep::InputRange::unit) {
        return images;
    }
    switch (network->scaling) {
        case models::Scaling::minus_one_to_one:
            return images * 2 - 1;
        case models::Scaling::imagenet_mean_std:
            return (images - per_channel({0.485F, 0.456F, 0.406F}, images)) /
                   per_channel({0.229F, 0.224F, 0.225F}, images);
        case models::Scaling::bgr_less_mean:
            return images.flip(1) * 255 - per_channel({103.939F, 116.779F, 123.68F}, images);
        case models::Scaling::none:
            break;
    }
    return images;
}

SharedBottom merged(const SharedBottom& branches) {
    std::vector<Executor> tops;
    for (const auto& [executor, cut] : branches.branches()) {
        tops.push_back(executor.folded(cut, static_cast<int>(executor.network().layers.size())));
    }
    return branches.with_tops(std::move(tops));
}

std::optional<std::vector<Answers>> answers(const SharedBottom& merged, const Recipe& recipe,
                                            const Scored& scored, BranchSeconds& spent,
                                            const KeepGoing& keep_going) {
    const c10::AutoGradMode off(false);
    const int pool = recipe.network->base_layers;
    Mode mode;
    mode.compute = recipe.compute;
    mode.weights = Mode::Weights::frozen;
    std::vector<Parts> parts(merged.branches().size());
    const Indices& images = *scored.images;
    const auto size = static_cast<std::size_t>(recipe.training.batch_size);
    const std::size_t last = std::min(images.size(), scored.last);
    for (std::size_t first = scored.first; first < last; first += size) {
        const auto batch = std::span(images).subspan(first, std::min(size, images.size() - first));
        const auto rows = rows_within(scored.feature_rows, first, batch.size());
        const auto top = [&](std::size_t i, Live live) {
            const core::Instant began = core::now();
            const auto& [executor, cut] = merged.branches()[i];
            live = executor.run(cut, pool + 1, std::move(live), mode);
            if (!rows.empty()) {
                parts[i].features.push_back(taken(live.at(pool), rows));
            }
            parts[i].scores.push_back(
                at::softmax(executor.logits(pool + 1, std::move(live), mode), 1));
            spent.at(i) += core::now() - began;
        };
        merged.run(recipe.scaled(scored.data->images(batch)), recipe.compute,
                   SharedBottom::BatchNorms::merged, top);
        if (!keep_going()) {
            return std::nullopt;
        }
    }
    std::vector<Answers> results;
    for (const Parts& its : parts) {
        results.push_back(its.joined());
    }
    return results;
}

std::optional<std::vector<Predictions>> predict(const SharedBottom& merged, const Recipe& recipe,
                                                const Scored& scored, BranchSeconds& spent,
                                                const KeepGoing& keep_going) {
    const auto computed = answers(merged, recipe, scored, spent, keep_going);
    if (!computed) {
        return std::nullopt;
    }
    std::vector<Predictions> results;
    for (const Answers& its : *computed) {
        results.push_back(its.read());
    }
    return results;
}

std::optional<SharedBottom> reestimated(const SharedBottom& branches, const Recipe& recipe,
                                        const Reestimation& from, BranchSeconds& spent,
                                        const KeepGoing& keep_going) {
    const c10::AutoGradMode off(false);
    std::vector<Executor> tops;
    for (const auto& [executor, cut] : branches.branches()) {
        tops.push_back(executor.with_own_statistics(cut));
    }
    SharedBottom result = branches.with_tops(std::move(tops));
    // A key of its own: no epoch of training has this bit.
    const Indices order =
        epoch_order(*from.train, recipe.seed, from.epoch | (std::uint64_t{1} << 63));
    const std::int32_t size = recipe.training.batch_size;
    const std::int32_t batches = std::min(batches_of(order.size(), size), kReestimateBatches);
    for (std::int32_t number = 0; number < batches; ++number) {
        const auto top = [&](std::size_t i, Live live) {
            const core::Instant began = core::now();
            const auto& [executor, cut] = result.branches()[i];
            Mode mode;
            mode.compute = recipe.compute;
            mode.train_from = cut;
            mode.bn_momentum = static_cast<double>(number) / (number + 1);  // a running mean
            executor.logits(cut, std::move(live), mode);
            spent.at(i) += core::now() - began;
        };
        const auto images = from.data->images(batch_of(order, size, number));
        result.run(recipe.scaled(images), recipe.compute, SharedBottom::BatchNorms::bare, top);
        if (!keep_going()) {
            return std::nullopt;
        }
    }
    return result;
}

}  // namespace graft::trainer
