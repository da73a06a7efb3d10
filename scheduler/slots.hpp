// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/gpu.hpp"

#include "sweep/message.hpp"

namespace graft::scheduler {

// Why the slots of a rank are lost that was asked to stop: said once for all of them.
constexpr std::string_view kRankAsked = "its rank was asked to stop";

// What one rank of a node may use, as the system gives it.
struct RankShare {
    std::string host;
    std::vector<core::Gpu> gpus;  // UUIDs tell them apart: an index may mean another one elsewhere
    std::vector<std::int32_t> cores;
    // GPUs that can take no work, each with the reason; they are in `gpus` until own_share().
    std::vector<std::string> unusable = {};
    template <class Archive>
    void fields(Archive& archive) {
        archive(host, gpus, cores, unusable);
    }
};

// Of all that this process sees: GPUs that have fallen off the bus, and have no UUID any more, are
// in `unusable` at once.
RankShare share_of(const std::string& host, const std::vector<core::Gpu>& visible,
                   const std::vector<int>& cores);

// What is left to the rank at `place` among those of its node, without the GPUs that cannot be
// used: sets of GPUs that are disjoint stay as they are, equal ones are dealt out in turn; so are
// equal sets of cores, those near a rank's GPUs to that rank. Throws InputError with what to type
// when a GPU would be used by two ranks, or a rank would be without one while others have some.
RankShare own_share(const std::vector<RankShare>& of_node, std::size_t place);

// The trainers' places of a rank. `wanted` 0: one per GPU, without GPUs one per `threads` cores;
// none where no GPU can be used. A slot has one GPU, which it shares only when more slots than GPUs
// are wanted (InputError when such a GPU takes one process only), and its part of the cores near
// it, never none.
std::vector<sweep::SlotInfo> make_slots(const RankShare& share, int wanted, int threads,
                                        const std::string& processor);

// What to say where CUDA_VISIBLE_DEVICES (`named`) names GPUs and this rank sees none: it would
// train on its processors in a job that waited for GPUs. Empty: nothing.
std::string unseen_gpus(const RankShare& share, const std::optional<std::string>& named);

// Lines for the user on what is usable but hardly meant: GPUs without work, more slots than cores
// on a host (of `host_cores`) that has more.
std::vector<std::string> remarks_on(const RankShare& share,
                                    const std::vector<sweep::SlotInfo>& slots, int host_cores);

}  // namespace graft::scheduler
