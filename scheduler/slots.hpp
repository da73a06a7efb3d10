// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/message.hpp"

namespace graft::scheduler {

// What one rank of a node may use, as the system gives it.
struct RankShare {
    std::vector<std::string> gpus;  // UUIDs
    std::vector<std::int32_t> cores;
    template <class Archive>
    void fields(Archive& archive) {
        archive(gpus, cores);
    }
};

// What is left to the rank at `place` among those of its node: shares that are disjoint stay as
// they are, equal ones are dealt out in turn, GPUs and cores each for themselves. Throws InputError
// when some overlap and others do not.
RankShare own_share(const std::vector<RankShare>& of_node, std::size_t place);

// The trainers' places of a rank. `wanted` 0: one per GPU, without GPUs one per `threads` cores. A
// slot has one GPU (several slots share one when there are more slots) and its part of the cores.
std::vector<sweep::SlotInfo> make_slots(const RankShare& share,
                                        const std::vector<std::string>& gpu_names, int wanted,
                                        int threads, const std::string& processor);

}  // namespace graft::scheduler
