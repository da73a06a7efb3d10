// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "sweep/score_request.hpp"

namespace graft::commands {

// Who scores: processes beside each other, each on its place, a GPU's UUID or nothing for the
// processor, with so many threads.
struct ScoringProcesses {
    std::vector<std::string> places;
    int threads = 1;
};
// `count`: of processes; 0: one for each GPU that can be used, one where there is none. `threads`:
// of each; 0: the processes share the cores.
ScoringProcesses scoring_processes(int count, int threads);

// Has graft-trainer answer a request, whose checkpoints are dealt to the processes; progress on
// standard error. Throws core::Error where one fails, after all have ended: it has said there what
// is wrong.
void run_scoring(const sweep::ScoreRequest& request, const std::string& name,
                 const std::filesystem::path& folder, const ScoringProcesses& processes);

}  // namespace graft::commands
