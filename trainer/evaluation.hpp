// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "core/clock.hpp"

#include "sweep/training.hpp"

#include "trainer/dataset.hpp"
#include "trainer/order.hpp"
#include "trainer/shared_bottom.hpp"

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
    std::vector<float> scores;  // softmax, [n, classes]
    std::vector<float>
        features;  // of the global average pool, [rows, features]; of the rows asked for
};

// The same of one branch where it is computed: a GPU may still be at it.
struct Answers {
    at::Tensor scores, features;  // undefined: none

    // Waits for the device.
    Predictions read() const;
};

// How long the host was at each branch's own layers since this was set to zeros.
using BranchSeconds = std::vector<core::Seconds>;

// What is scored, beside the networks.
struct Scored {
    const Dataset* data = nullptr;
    const Indices* images = nullptr;
    const Indices* feature_rows = nullptr;  // ascending rows of `images`; null: no features
    // Of `images`, those that are scored: [first, last), whole batches of all.
    std::size_t first = 0, last = std::numeric_limits<std::size_t>::max();
};

// The same networks with every batch norm merged into its convolution, to be scored.
SharedBottom merged(const SharedBottom& branches);

// Scores images with every branch of merged(), without augmentation, batch norm with its moving
// statistics; below the cuts once for all. One entry per branch; nothing when it was ended early.
// On a GPU that holds the dataset nothing waits for the device.
std::optional<std::vector<Answers>> answers(const SharedBottom& merged, const Recipe& recipe,
                                            const Scored& scored, BranchSeconds& spent,
                                            const KeepGoing& keep_going);
// The same, read.
std::optional<std::vector<Predictions>> predict(const SharedBottom& merged, const Recipe& recipe,
                                                const Scored& scored, BranchSeconds& spent,
                                                const KeepGoing& keep_going);

// The same networks with the statistics of their batch norms from their cuts on taken from
// kReestimateBatches keyed batches of training images (not augmented, as the images that are then
// scored): the mean over the batches of their means and variances. Weights are shared, untouched.
constexpr std::int32_t kReestimateBatches = 50;
struct Reestimation {
    const Dataset* data = nullptr;
    const Indices* train = nullptr;
    std::uint64_t epoch = 0;
};
std::optional<SharedBottom> reestimated(const SharedBottom& branches, const Recipe& recipe,
                                        const Reestimation& from, BranchSeconds& spent,
                                        const KeepGoing& keep_going);

}  // namespace graft::trainer
