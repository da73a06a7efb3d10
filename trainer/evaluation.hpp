// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "sweep/training.hpp"

#include "trainer/dataset.hpp"
#include "trainer/executor.hpp"
#include "trainer/order.hpp"

namespace graft::trainer {

// How images become what a network takes and how it computes.
struct Recipe {
    const models::Network* network = nullptr;
    sweep::Training training;
    std::int64_t seed = 0;
    at::ScalarType compute = at::kFloat;

    // Images in 0..1 -> the network's input.
    at::Tensor scaled(const at::Tensor& images) const;
};

// Called after every batch; false ends the work early.
using KeepGoing = std::function<bool()>;

struct Predictions {
    std::vector<float> scores;    // softmax, [n, classes]
    std::vector<float> features;  // of the global average pool, [n, features]; where asked for
};
enum class Features { leave, keep };

// Scores `images` without augmentation, batch norm with its moving statistics, all of it merged
// into the convolutions. Nothing when it was ended early.
std::optional<Predictions> predict(const Executor& executor, const Recipe& recipe,
                                   const Dataset& data, const Indices& images, Features features,
                                   const KeepGoing& keep_going);

// The same network with the statistics of its batch norms from layer `cut` on taken from
// kReestimateBatches keyed batches of training images (not augmented, as the images that are then
// scored): the mean over the batches of their means and variances. Weights are shared, untouched.
constexpr std::int32_t kReestimateBatches = 50;
std::optional<Executor> reestimated(const Executor& executor, const Recipe& recipe,
                                    const Dataset& data, const Indices& train, int cut,
                                    std::uint64_t epoch, const KeepGoing& keep_going);

}  // namespace graft::trainer
