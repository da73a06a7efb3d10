// SPDX-License-Identifier: Apache-2.0
#include "scheduler/slots.hpp"

#include <algorithm>
#include <set>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::scheduler {

namespace {

using Cores = std::vector<std::int32_t>;
using Uuids = std::vector<std::string>;

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
bool equal(const std::vector<std::vector<T>>& sets) {
    return std::all_of(sets.begin(), sets.end(),
                       [&](const auto& set) { return set == sets.front(); });
}

// Part `place` of `parts`. Neighbours stay together: cores of one socket, GPUs of one switch.
template <class T>
std::vector<T> part_of(const std::vector<T>& all, std::size_t place, std::size_t parts) {
    const auto at = [&](std::size_t i) {
        return all.begin() + static_cast<std::ptrdiff_t>(all.size() * i / parts);
    };
    return {at(place), at(place + 1)};
}

Uuids uuids_of(const RankShare& share) {
    Uuids uuids;
    for (const auto& gpu : share.gpus) {
        uuids.push_back(gpu.uuid);
    }
    return uuids;
}

std::string gpus_text(std::size_t count) {
    return core::counted(count, "GPU");
}

void check_gpus(const std::vector<RankShare>& of_node, const std::vector<Uuids>& sets) {
    const std::size_t ranks = of_node.size();
    const auto& host = of_node.front().host;
    const auto most = std::max_element(sets.begin(), sets.end(), [](const auto& a, const auto& b) {
                          return a.size() < b.size();
                      })->size();
    for (std::size_t i = 0; i < ranks; ++i) {
        if (sets[i].empty() && most > 0 && of_node[i].unusable.empty()) {
            core::fail_input(
                "rank {} of the {} on host {} sees no GPU (another one there sees {}). Start one "
                "rank per node (--ntasks-per-node=1): it trains on all GPUs that it sees; or give "
                "each rank its own (--gpus-per-task=1).",
                i, ranks, host, gpus_text(most));
        }
    }
    if (disjoint(sets)) {
        return;
    }
    if (!equal(sets)) {
        core::fail_input(
            "the {} ranks on host {} see overlapping sets of GPUs (rank 0: {}; rank {}: {}), "
            "neither all the same nor all their own. Ask for GPUs per node (--gpus-per-node) "
            "without --gpu-bind, or for a rank's own (--gpus-per-task).",
            ranks, host, core::join(sets.front()), ranks - 1, core::join(sets.back()));
    }
    // One that has fallen off the bus would have been a rank's.
    if (ranks > most + of_node.front().unusable.size()) {
        core::fail_input(
            "{} ranks on host {} share {} (each rank takes GPUs of its own). Start {} per node "
            "(--ntasks-per-node={}), ask for {} GPUs per node (--gpus-per-node={}), or start one "
            "rank per node: it trains on all GPUs that it sees.",
            ranks, host, gpus_text(most), core::counted(most, "rank"), most, ranks, ranks);
    }
}

Cores common(const Cores& cores, const Cores& near) {
    Cores result;
    std::copy_if(cores.begin(), cores.end(), std::back_inserter(result), [&](std::int32_t core) {
        return std::find(near.begin(), near.end(), core) != near.end();
    });
    return result;
}

// A part of `cores` for each place, of those near it as far as that is known and goes up; all of
// them where there are too few.
std::vector<Cores> deal_cores(const Cores& cores, const std::vector<Cores>& near) {
    std::vector<Cores> sets;
    for (const auto& its : near) {
        sets.push_back(common(cores, its));
    }
    const auto alike = [&](std::size_t i) {
        return static_cast<std::size_t>(std::count(sets.begin(), sets.end(), sets[i]));
    };
    bool goes_up = true;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        goes_up = goes_up && sets[i].size() >= alike(i);
        for (std::size_t j = 0; j < i; ++j) {
            goes_up = goes_up && (sets[i] == sets[j] || common(sets[i], sets[j]).empty());
        }
    }
    if (!goes_up) {
        std::fill(sets.begin(), sets.end(), cores);
    }
    std::vector<Cores> parts;
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const auto before = static_cast<std::size_t>(
            std::count(sets.begin(), sets.begin() + static_cast<std::ptrdiff_t>(i), sets[i]));
        parts.push_back(sets[i].size() < alike(i) ? sets[i] : part_of(sets[i], before, alike(i)));
    }
    return parts;
}

// Of equal sets of cores; `gpus`: of every rank. A rank's cores are those of its GPUs.
Cores own_cores(const Cores& cores, const std::vector<std::vector<core::Gpu>>& gpus,
                std::size_t place) {
    std::vector<Cores> near;
    std::set<std::int32_t> own;
    std::size_t first = 0;
    for (std::size_t rank = 0; rank < gpus.size(); ++rank) {
        first = rank == place ? near.size() : first;
        for (const auto& gpu : gpus[rank]) {
            near.push_back(gpu.cores);
        }
        if (gpus[rank].empty()) {
            const Cores part = part_of(cores, place, gpus.size());
            return part.empty() ? cores : part;  // more ranks than cores: they share
        }
    }
    const auto parts = deal_cores(cores, near);
    for (std::size_t i = first; i < first + gpus[place].size(); ++i) {
        own.insert(parts[i].begin(), parts[i].end());
    }
    return {own.begin(), own.end()};
}

void take_out_unusable(RankShare& share) {
    for (auto gpu = share.gpus.begin(); gpu != share.gpus.end();) {
        const auto why = core::why_unusable(*gpu);
        if (!why.empty()) {
            share.unusable.push_back(fmt::format("{}: {}", core::text_of(*gpu), why));
        }
        gpu = why.empty() ? gpu + 1 : share.gpus.erase(gpu);
    }
}

bool takes_one_process(const core::Gpu& gpu) {
    return gpu.mode == core::ComputeMode::exclusive_process ||
           gpu.mode == core::ComputeMode::exclusive_thread;
}

void check_sharing(const RankShare& share, std::size_t slots) {
    for (std::size_t i = 0; i < share.gpus.size() && i + share.gpus.size() < slots; ++i) {
        if (takes_one_process(share.gpus[i])) {
            core::fail_input(
                "{} trainers cannot share {} on host {} (the compute mode of {} is '{}': one "
                "program at a time). Set slots to {}, in [run] or by --slots; or ask the site for "
                "the mode 'default' (nvidia-smi --compute-mode=DEFAULT).",
                slots, gpus_text(share.gpus.size()), share.host, core::text_of(share.gpus[i]),
                core::name_of(share.gpus[i].mode), share.gpus.size());
        }
    }
}

}  // namespace

RankShare share_of(const std::string& host, const std::vector<core::Gpu>& visible,
                   const std::vector<int>& cores) {
    RankShare share{host, {}, {cores.begin(), cores.end()}};
    for (const auto& gpu : visible) {
        if (gpu.uuid.empty()) {
            share.unusable.push_back(
                fmt::format("{}: {}", core::text_of(gpu), core::why_unusable(gpu)));
        } else {
            share.gpus.push_back(gpu);
        }
    }
    return share;
}

RankShare own_share(const std::vector<RankShare>& of_node, std::size_t place) {
    std::vector<Uuids> uuids;
    std::vector<Cores> cores;
    std::vector<std::vector<core::Gpu>> gpus;
    for (const auto& share : of_node) {
        uuids.push_back(uuids_of(share));
        cores.push_back(share.cores);
        gpus.push_back(share.gpus);
    }
    check_gpus(of_node, uuids);
    if (!disjoint(uuids)) {
        for (std::size_t i = 0; i < gpus.size(); ++i) {
            gpus[i] = part_of(of_node.front().gpus, i, gpus.size());
        }
    }
    RankShare own = of_node.at(place);
    own.gpus = gpus[place];
    if (of_node.size() > 1 && equal(cores)) {
        own.cores = own_cores(own.cores, gpus, place);
    }
    take_out_unusable(own);
    return own;
}

std::vector<sweep::SlotInfo> make_slots(const RankShare& share, int wanted, int threads,
                                        const std::string& processor) {
    if (share.gpus.empty() && !share.unusable.empty()) {
        return {};
    }
    const auto by_cores = share.cores.size() / static_cast<std::size_t>(std::max(1, threads));
    std::size_t count = static_cast<std::size_t>(wanted);
    if (wanted <= 0) {
        count = share.gpus.empty() ? std::max<std::size_t>(1, by_cores) : share.gpus.size();
    }
    check_sharing(share, count);
    std::vector<sweep::SlotInfo> slots(count);
    std::vector<Cores> near(count);
    for (std::size_t i = 0; i < count; ++i) {
        slots[i].device_name = processor;
        if (!share.gpus.empty()) {
            const auto& gpu = share.gpus[i % share.gpus.size()];
            slots[i].devices = {gpu.uuid};
            slots[i].device_name = gpu.name;
            near[i] = gpu.cores;
        }
    }
    auto cores = deal_cores(share.cores, near);
    for (std::size_t i = 0; i < count; ++i) {
        slots[i].cores = std::move(cores[i]);
    }
    return slots;
}

std::string unseen_gpus(const RankShare& share, const std::optional<std::string>& named) {
    // What SLURM and users write there for "none".
    const bool none = !named || named->empty() || *named == "-1" || *named == "NoDevFiles";
    if (none || !share.gpus.empty() || !share.unusable.empty()) {
        return "";
    }
    return fmt::format(
        "host {}: CUDA_VISIBLE_DEVICES names '{}', but no GPU is seen (no NVIDIA driver here?): "
        "this rank trains on its processors. If it was to train on GPUs, stop it and look at the "
        "nodes: graft check FILE --on-nodes",
        share.host, core::printable(*named, 100));
}

std::vector<std::string> remarks_on(const RankShare& share,
                                    const std::vector<sweep::SlotInfo>& slots, int host_cores) {
    std::vector<std::string> remarks;
    for (const auto& gpu : share.unusable) {
        remarks.push_back(fmt::format("host {}: no work for {}", share.host, gpu));
    }
    if (slots.size() < share.gpus.size() && !slots.empty()) {
        remarks.push_back(fmt::format(
            "host {}: {} of {} get no work, as slots is {}. For all of them set slots to \"auto\" "
            "in [run], and leave --slots away.",
            share.host, share.gpus.size() - slots.size(), gpus_text(share.gpus.size()),
            slots.size()));
    }
    if (share.cores.size() < slots.size() && share.cores.size() < std::size_t(host_cores)) {
        remarks.push_back(fmt::format(
            "host {}: {} trainers share {} of its {} cores: they will wait for each other. mpirun "
            "binds a rank to a core unless told --bind-to none, and SLURM gives a task one core "
            "unless asked for more: --cpus-per-task={}. 'graft run --ranks N' binds nothing.",
            share.host, slots.size(), core::counted(share.cores.size(), "core"), host_cores,
            slots.size()));
    }
    return remarks;
}

}  // namespace graft::scheduler
