// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "commands/node_check.hpp"
#include "commands/step_rows.hpp"

namespace graft::commands {

// What the nodes of a check are like, for people: a table with a row per rank, in which '*' marks
// what differs from most nodes, the time of each step per kind of device, with the slots that are
// slower than their like named, and the problems with what to do.
std::string nodes_text(const std::vector<NodeAnswer>& nodes,
                       const std::vector<sweep::StepRequest>& steps);
std::string nodes_json(const std::vector<NodeAnswer>& nodes,
                       const std::vector<sweep::StepRequest>& steps);

// Everything that keeps a sweep from these nodes, or a network from their devices.
std::vector<std::string> node_problems(const std::vector<NodeAnswer>& nodes,
                                       const std::vector<sweep::StepRequest>& steps);

// A row per kind of device and step that was timed: the median of its slots.
std::vector<StepRow> rows_found(const std::vector<NodeAnswer>& nodes,
                                const std::vector<sweep::StepRequest>& steps,
                                const std::string& measured);

}  // namespace graft::commands
