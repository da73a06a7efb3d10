// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/prepared.hpp"
#include "sweep/progress.hpp"
#include "sweep/trial.hpp"

namespace graft::trainer {

// Which images a trial sees, and when. Everything is keyed, so there is no state to save, and
// trials of one seed see the same batches whatever is frozen. Images are named by their index in
// the prepared file.

using Indices = std::vector<std::uint32_t>;

// Epochs of both phases as one key.
constexpr std::uint64_t epoch_key(sweep::Phase phase, std::int32_t epoch) {
    return (static_cast<std::uint64_t>(phase) << 32) | static_cast<std::uint32_t>(epoch);
}

// Images of one part, ascending.
Indices images_of(const std::vector<data::Part>& parts, data::Part part);

// What a trial trains on (its train_fraction, stratified), chooses by, and is tested on, ascending:
// the parts of the prepared file, or those of the trial's fold.
struct TrialImages {
    Indices train, validation, test;
};
TrialImages images_of(const data::PreparedTables& prepared, const sweep::TrialSpec& spec);

// Their labels.
std::vector<std::int32_t> labels_of(const data::Prepared& prepared, const Indices& images);

// A share of `images`, stratified by label: of each class round(fraction * n), at least one,
// keyed by (seed, class); ascending.
Indices stratified_share(const Indices& images, const std::vector<std::int32_t>& labels,
                         double fraction, std::int64_t seed);

// `images` in the order of one epoch.
Indices epoch_order(const Indices& images, std::int64_t seed, std::uint64_t epoch);

// Batches of an epoch; the last one may be short, and is left out when it would hold one image
// (batch norm has no variance of one value).
std::int32_t batches_of(std::size_t images, std::int32_t batch_size);
std::span<const std::uint32_t> batch_of(const Indices& order, std::int32_t batch_size,
                                        std::int32_t batch);

// `count` images (all when there are fewer) drawn by key, ascending: those whose features are kept.
Indices sample_of(const Indices& images, std::size_t count, std::int64_t seed);

}  // namespace graft::trainer
