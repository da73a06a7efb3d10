// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "models/weights.hpp"
#include "sweep/message.hpp"

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

// A member of a cohort and what it goes on from.
struct SavedMember {
    sweep::Member member;
    std::optional<sweep::FileRef> state;  // of the last recorded save
    std::optional<sweep::FileRef> best;   // best weights so far, where a file has them
    std::optional<sweep::Position> position = std::nullopt;  // of the state
};
// Its files, as a save names them.
std::vector<sweep::FileRef> files_of(const SavedMember& trial);
// Looks up and verifies the files of its last save; nothing is found when there is none, or when it
// is lost and the trial may begin again. Throws InputError.
SavedMember last_save(const sweep::Member& member, const std::filesystem::path& sweep);

// Throws InputError unless the members can be trained side by side (sweep/cohort.hpp); `start`: of
// those without a save.
void check_cohort(const std::vector<SavedMember>& members, const sweep::Position& start);

// Metrics of predictions of `images`.
sweep::Metrics metrics_of(const Predictions& predictions, const Indices& images,
                          const Dataset& data);

}  // namespace graft::trainer
