// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "core/file.hpp"

#include "sweep/trial.hpp"

namespace graft::scheduler {

// What other commands ask of a running sweep, by files in <sweep>/requests: "stop", and
// "retry.<something>" with one trial id a line. Written by rename; the coordinator removes a file
// when it has taken it up, within seconds. A retry waits for the next start when none runs.
struct Requests {
    bool stop = false;
    std::vector<sweep::TrialId> retry;
    bool empty() const { return !stop && retry.empty(); }
};

void request_stop(const core::fs::path& sweep);
void request_retry(const core::fs::path& sweep, const std::vector<sweep::TrialId>& trials);
// Reads and removes them.
Requests take_requests(const core::fs::path& sweep);

}  // namespace graft::scheduler
