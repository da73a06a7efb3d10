// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commands/simulate_model.hpp"

namespace graft::commands {

// What `graft simulate` found.
struct SimulationView {
    std::string sweep;  // its name
    std::size_t trials = 0;
    int ranks = 1, slots = 1;  // of each rank
    std::string device, source;
    std::vector<std::string> assumed;  // in words
    scheduler::Simulated simulated;
    Bound bound;          // trials alone
    Bound cohorts_bound;  // with all that cohorts can share
    core::Seconds fifo{0};
};

std::string simulation_text(const SimulationView& view);
std::string simulation_json(const SimulationView& view);

}  // namespace graft::commands
