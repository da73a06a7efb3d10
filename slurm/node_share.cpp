// SPDX-License-Identifier: Apache-2.0
#include "slurm/node_share.hpp"

#include <algorithm>
#include <functional>

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::slurm {

namespace {

std::string partition_words(const Settings& settings) {
    return settings.partition ? fmt::format("partition '{}'", *settings.partition)
                              : std::string("the default partition");
}

std::int64_t most_gpus(const std::vector<Node>& nodes) {
    std::int64_t most = 0;
    for (const auto& node : nodes) {
        most = std::max(most, node.gpus);
    }
    return most;
}

// Of the smallest node that has some.
std::int64_t usual_gpus(const std::vector<Node>& nodes) {
    std::int64_t fewest = most_gpus(nodes);
    for (const auto& node : nodes) {
        if (node.gpus > 0) {
            fewest = std::min(fewest, node.gpus);
        }
    }
    return fewest;
}

std::int64_t gpus_wanted(const Settings& settings, const std::optional<std::vector<Node>>& nodes) {
    if (settings.gpus_per_node) {
        return *settings.gpus_per_node;
    }
    for (const auto& option : settings.sbatch_options.value_or(std::vector<std::string>{})) {
        if (const auto gpus = option.starts_with("--gres") ? gpus_of(option.substr(7)) : 0) {
            return gpus;
        }
    }
    if (!nodes) {
        core::fail_input(
            "how many GPUs to ask for is not known (SLURM does not say here what the nodes of {} "
            "have). Say --gpus-per-node N (0: train on CPUs), or gpus_per_node in [slurm].",
            partition_words(settings));
    }
    return usual_gpus(*nodes);
}

// Those that have so many GPUs and CPUs; as many as the job needs, or more.
std::vector<Node> fitting(const Settings& settings, const std::vector<Node>& nodes,
                          std::int64_t gpus) {
    const std::int64_t cpus = settings.cpus_per_gpu.value_or(0) * std::max<std::int64_t>(1, gpus);
    std::vector<Node> fit;
    std::copy_if(nodes.begin(), nodes.end(), std::back_inserter(fit),
                 [&](const Node& node) { return node.gpus >= gpus && node.cpus >= cpus; });
    const std::int64_t wanted = settings.nodes.value_or(1);
    if (static_cast<std::int64_t>(fit.size()) >= wanted) {
        return fit;
    }
    std::vector<std::string> kinds;
    for (const auto& node : nodes) {
        const auto kind = fmt::format("{} GPUs and {} CPUs", node.gpus, node.cpus);
        if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
            kinds.push_back(kind);
        }
    }
    core::fail_input(
        "{} with {}{} wanted ({} has {} of them; all of its {} have {}). Change --nodes, "
        "--gpus-per-node, --cpus-per-gpu or --partition.",
        core::counted(static_cast<std::size_t>(wanted), "node"),
        core::counted(static_cast<std::size_t>(gpus), "GPU"),
        cpus > 0 ? fmt::format(" and {} CPUs", cpus) : "", partition_words(settings), fit.size(),
        core::counted(nodes.size(), "node"), core::join(kinds, " or "));
}

}  // namespace

NodeShare node_share(const Settings& settings, const std::optional<std::vector<Node>>& nodes) {
    constexpr std::int64_t assumed_cpus = 4;
    NodeShare share;
    share.gpus = gpus_wanted(settings, nodes);
    const std::int64_t parts = std::max<std::int64_t>(1, share.gpus);
    if (!nodes) {
        share.cpus = settings.cpus_per_gpu.value_or(assumed_cpus) * parts;
        if (!settings.cpus_per_gpu) {
            share.notes.push_back(fmt::format(
                "SLURM does not say here how many CPUs the nodes of {} have: {} {} are asked for "
                "(--cpus-per-gpu changes that).",
                partition_words(settings), assumed_cpus, share.gpus > 0 ? "per GPU" : "per node"));
        }
        return share;
    }
    const auto fit = fitting(settings, *nodes, share.gpus);
    std::int64_t cpus_per_part = fit.front().cpus;
    std::vector<std::int64_t> memory;
    for (const auto& node : fit) {
        // A GPU's share, whether the job takes all of them or not.
        const std::int64_t of = share.gpus > 0 ? node.gpus : 1;
        cpus_per_part = std::min(cpus_per_part, std::max<std::int64_t>(1, node.cpus / of));
        memory.push_back(node.memory_mib);
    }
    share.cpus = settings.cpus_per_gpu.value_or(cpus_per_part) * parts;
    std::sort(memory.begin(), memory.end(), std::greater<>());
    share.most_memory_mib = memory[static_cast<std::size_t>(settings.nodes.value_or(1) - 1)];
    if (!settings.gpus_per_node && share.gpus == 0) {
        share.notes.push_back(fmt::format("The nodes of {} have no GPUs: training on CPUs.",
                                          partition_words(settings)));
    }
    return share;
}

}  // namespace graft::slurm
