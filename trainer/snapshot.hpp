// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "models/network.hpp"
#include "models/weights.hpp"

#include "trainer/state_file.hpp"
#include "trainer/trial_setup.hpp"

namespace graft::trainer {

// What a save writes of trials that are equal so far. All of it is on the host and its own, so that
// it can be written while the training goes on.
struct Snapshot {
    std::vector<SavedMember> trials;      // with the files that they have
    std::optional<TrialState> state;      // to be written
    std::optional<models::Weights> best;  // to be written
};

// Writes, syncs and names the files of save `number`: once, and links them for the other trials.
// Returns the trials with the files that they have now. May run on any thread, but for HDF5 on one
// at a time. Throws core::Error.
std::vector<SavedMember> write_files(const Snapshot& snapshot, const models::Network& network,
                                     const std::filesystem::path& sweep, std::int64_t number);

}  // namespace graft::trainer
