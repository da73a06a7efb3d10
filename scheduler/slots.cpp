// SPDX-License-Identifier: Apache-2.0
#include "scheduler/slots.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"

namespace graft::scheduler {

namespace {

template <class T>
bool disjoint(const std::vector<std::vector<T>>& sets) {
    std::set<T> seen;
    for (const auto& set : sets) {
        for (const auto& item : set) {
            if (!seen.insert(item).second) {
                return false;
            }
        }
    }
    return true;
}

template <class T>
std::vector<T> own_part(const std::vector<std::vector<T>>& sets, std::size_t place,
                        const char* what) {
    if (disjoint(sets)) {
        return sets[place];
    }
    const bool equal =
        std::all_of(sets.begin(), sets.end(), [&](const auto& set) { return set == sets.front(); });
    if (!equal) {
        core::fail_input(
            "the ranks of this node were given overlapping sets of {} (neither all "
            "equal nor all disjoint). Ask for the same on every rank, or bind each "
            "rank to its own.",
            what);
    }
    std::vector<T> part;
    const auto& all = sets.front();
    const std::size_t ranks = sets.size();
    // Neighbours stay together: cores of one socket, GPUs of one switch.
    for (std::size_t i = all.size() * place / ranks; i < all.size() * (place + 1) / ranks; ++i) {
        part.push_back(all[i]);
    }
    return part;
}

// Part `place` of `parts` of the cores; all of them when there are too few.
std::vector<std::int32_t> cores_of(const std::vector<std::int32_t>& cores, std::size_t place,
                                   std::size_t parts) {
    if (cores.size() < parts) {
        return cores;
    }
    const auto at = [&](std::size_t i) {
        return cores.begin() + static_cast<std::ptrdiff_t>(cores.size() * i / parts);
    };
    return {at(place), at(place + 1)};
}

}  // namespace

RankShare own_share(const std::vector<RankShare>& of_node, std::size_t place) {
    std::vector<std::vector<std::string>> gpus;
    std::vector<std::vector<std::int32_t>> cores;
    for (const auto& share : of_node) {
        gpus.push_back(share.gpus);
        cores.push_back(share.cores);
    }
    RankShare own{own_part(gpus, place, "GPUs"), own_part(cores, place, "cores")};
    if (own.cores.empty()) {
        own.cores = of_node[place].cores;  // more ranks than cores: they share
    }
    return own;
}

std::vector<sweep::SlotInfo> make_slots(const RankShare& share,
                                        const std::vector<std::string>& gpu_names, int wanted,
                                        int threads, const std::string& processor) {
    const auto by_cores = share.cores.size() / static_cast<std::size_t>(std::max(1, threads));
    std::size_t count = static_cast<std::size_t>(wanted);
    if (wanted <= 0) {
        count = share.gpus.empty() ? std::max<std::size_t>(1, by_cores) : share.gpus.size();
    }
    std::vector<sweep::SlotInfo> slots;
    for (std::size_t i = 0; i < count; ++i) {
        sweep::SlotInfo slot;
        slot.device_name = processor;
        if (!share.gpus.empty()) {
            slot.devices = {share.gpus[i % share.gpus.size()]};
            slot.device_name = gpu_names.at(i % share.gpus.size());
        }
        slot.cores = cores_of(share.cores, i, count);
        slots.push_back(std::move(slot));
    }
    return slots;
}

}  // namespace graft::scheduler
