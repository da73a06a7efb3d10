// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "slurm/client.hpp"
#include "slurm/settings.hpp"

namespace graft::slurm {

// What a job takes of each of its nodes.
struct NodeShare {
    std::int64_t gpus = 0;
    std::int64_t cpus = 1;
    // No job of this size gets more memory per node; none: not known.
    std::optional<std::int64_t> most_memory_mib;
    std::vector<std::string> notes;  // what was assumed, as sentences
    bool operator==(const NodeShare&) const = default;
};

// As the settings say, else as the nodes are: all GPUs of the smallest node that has some, and
// those GPUs' share of its CPUs; without GPUs all its CPUs. `nodes`: of the partition; nothing when
// SLURM cannot be asked: then four CPUs per GPU. Throws InputError when the nodes do not fit the
// settings, and when it is not known how many GPUs to ask for.
NodeShare node_share(const Settings& settings, const std::optional<std::vector<Node>>& nodes);

}  // namespace graft::slurm
