// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "sweep/progress.hpp"

#include "trainer/tensors.hpp"

namespace graft::trainer {

// Sums of the epoch that is under way.
struct EpochSums {
    double loss = 0;  // of the batches' mean losses times their images; not finite: it diverged
    std::int64_t correct = 0, images = 0;
    double seconds = 0;
};

// float16 only: the loss is multiplied by `scale` before the backward pass; a step whose gradients
// overflow is left out and halves it, kGrowAfter good ones in a row double it.
struct LossScale {
    static constexpr std::int64_t kGrowAfter = 2000;
    double scale = 65536;
    std::int64_t good_steps = 0;
};

// All that a trial needs to go on to the bit, beside its specification.
struct TrialState {
    sweep::Position position;
    EpochSums sums;
    LossScale loss_scale;
    std::optional<sweep::Best> best;
    std::int64_t adam_steps = 0;  // of the optimizer, whichever it is
    // All tensors one after the other; first and second as Optimizer has them.
    std::vector<float> weights, first, second;
};

// All tensors of a list, one after the other, in their logical order; and back in place.
std::vector<float> flattened(const std::vector<at::Tensor>& tensors);
void unflatten(const std::vector<float>& values, const std::vector<at::Tensor>& tensors);

// An HDF5 file of format 1: datasets /weights, /first, /second (f32); attributes of the root for
// the rest. Written aside, synced and renamed.
void write_state(const std::filesystem::path& path, const TrialState& state);
// Throws InputError when it is no state file of a known format, or a damaged one.
TrialState read_state(const std::filesystem::path& path);
// Where it stands, without its tensors. Throws as read_state().
sweep::Position read_position(const std::filesystem::path& path);

}  // namespace graft::trainer
