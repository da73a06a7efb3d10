// SPDX-License-Identifier: Apache-2.0
#include "commands/kept_files.hpp"

#include "sweep/trial_files.hpp"

namespace graft::commands {

namespace fs = std::filesystem;

KeptFiles::KeptFiles(const Live& live, const std::optional<Whole>& whole) : sweep_(live.directory) {
    if (!whole) {
        return;
    }
    for (const auto& part : whole->parts) {
        if (!part.live) {
            continue;
        }
        for (const auto& trial : part.live->record.trials()) {
            const auto* own = live.record.find(trial.id);
            if (!own || !sweep::result_of(own->state)) {
                parts_[trial.id] = part.directory;
            }
        }
    }
}

const fs::path& KeptFiles::directory_of(const sweep::Trial& trial) const {
    const auto part = parts_.find(trial.id);
    return part == parts_.end() ? sweep_ : part->second;
}

fs::path KeptFiles::predictions_of(const sweep::Trial& trial) const {
    return directory_of(trial) / sweep::plain_file(trial.id, "predictions");
}

}  // namespace graft::commands
