// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <optional>

#include "commands/live.hpp"
#include "commands/whole.hpp"

namespace graft::commands {

// Where the files of each trial of a sweep lie: those that a part has trained stay in the part
// until its results are taken into the sweep.
class KeptFiles {
  public:
    // `whole`: the parts of a divided sweep, as read_parts() of `live` gave them.
    KeptFiles(const Live& live, const std::optional<Whole>& whole);
    // The directory that the names of a trial's files are relative to.
    const std::filesystem::path& directory_of(const sweep::Trial& trial) const;
    // Its predictions.h5, there or not.
    std::filesystem::path predictions_of(const sweep::Trial& trial) const;

  private:
    std::filesystem::path sweep_;
    std::map<sweep::TrialId, std::filesystem::path> parts_;
};

}  // namespace graft::commands
