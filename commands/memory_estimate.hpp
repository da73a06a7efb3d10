// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "commands/plan_cohorts.hpp"
#include "commands/study.hpp"

namespace graft::commands {

// Host memory that a sweep may take on one node: an upper bound, from networks and listings alone.
struct MemoryNeed {
    std::uint64_t bytes = 0;        // of the node
    std::uint64_t per_trainer = 0;  // of them, the largest trainer's
    std::string largest;            // whose that is: "resnet50_v2 on cancer"
    // Of a device: what the members of its largest cohort add to the first one; 0 on processors.
    std::uint64_t cohort_on_device = 0;
};

enum class TrainsOn { processors, gpus };
// What runs on a node.
struct NodeLoad {
    std::int64_t trainers = 1;
    std::int64_t cpus = 1;  // each decodes images while a dataset is prepared
    TrainsOn trains_on = TrainsOn::processors;
};
// A trainer holds its dataset's pixels as prepared (also on the way to a GPU), its predictions, its
// weights with moments, gradients, the best so far and a state being written; on processors also
// the activations of a batch; on GPUs what CUDA takes. docs/space.md compares it with measured
// trainers. Members of its largest cohort beyond the first add what scheduler/cohort_work.hpp says:
// activations are those of one member at a time.
// `prepared`: bytes of those prepared files that are known; the others count as if no image were
// smaller than its network wants.
MemoryNeed memory_needed(const Study& study, const NodeLoad& load,
                         const std::map<NeededData, std::uint64_t>& prepared = {});
// The same for who knows the cohorts already.
MemoryNeed memory_needed(const Study& study, const NodeLoad& load,
                         const std::map<NeededData, std::uint64_t>& prepared,
                         const std::vector<PlannedCohort>& cohorts);
// Of the prepared files that are there already.
std::map<NeededData, std::uint64_t> prepared_sizes(const Study& study);

// Trainers that a rank starts on a node of so many GPUs and CPUs.
std::int64_t trainers_per_node(const sweep::RunSettings& run, std::int64_t gpus, std::int64_t cpus);

}  // namespace graft::commands
