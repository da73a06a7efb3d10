// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "models/weights.hpp"
#include "sweep/progress.hpp"
#include "sweep/trial.hpp"

#include "trainer/dataset.hpp"
#include "trainer/evaluation.hpp"

namespace graft::trainer {

// The weights that a trial starts from. `file` is the pretrained weight file; its content must be
// what the specification names. Throws InputError.
models::Weights first_weights(const models::Network& network, const sweep::TrialSpec& spec,
                              const std::filesystem::path& file);

// Throws InputError when the trial cannot be trained on this dataset by this program.
void check_trial(const sweep::TrialSpec& spec, const Dataset& data, std::size_t train_images,
                 std::size_t validation_images);

// Throws InputError when a recorded file of the sweep is absent or has other content.
void check_file(const std::filesystem::path& sweep, const sweep::FileRef& file);

// Metrics of predictions of `images`.
sweep::Metrics metrics_of(const Predictions& predictions, const Indices& images,
                          const Dataset& data);

}  // namespace graft::trainer
