// SPDX-License-Identifier: Apache-2.0
#include "slurm/node_share.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"

using namespace graft::slurm;

namespace {

// Two kinds of GPU nodes and one without.
const std::vector<Node> kNodes{
    {"a1", 40, 190000, 4}, {"a2", 40, 380000, 4}, {"b1", 96, 760000, 8}, {"c1", 128, 500000, 0}};

Settings with(std::int64_t nodes, std::optional<std::int64_t> gpus = {},
              std::optional<std::int64_t> cpus = {}) {
    Settings settings;
    settings.nodes = nodes;
    settings.gpus_per_node = gpus;
    settings.cpus_per_gpu = cpus;
    return settings;
}

}  // namespace

TEST_CASE("a job takes all GPUs of the smallest GPU node, and their CPUs") {
    CHECK(node_share(with(1), kNodes) == NodeShare{4, 40, 760000, {}});
    // So many nodes must have the memory.
    CHECK(node_share(with(2), kNodes).most_memory_mib == 380000);
    CHECK(node_share(with(3), kNodes).most_memory_mib == 190000);
}

TEST_CASE("part of a node's GPUs takes their share of its CPUs") {
    CHECK(node_share(with(1, 1), kNodes).cpus == 10);
    CHECK(node_share(with(1, 8), kNodes) == NodeShare{8, 96, 760000, {}});
    CHECK(node_share(with(1, 2, 6), kNodes).cpus == 12);
}

TEST_CASE("without GPUs a job takes the CPUs of the smallest node") {
    CHECK(node_share(with(1, 0), kNodes).cpus == 40);
    CHECK(node_share(with(1, 0, 100), kNodes) == NodeShare{0, 100, 500000, {}});
    const auto none = node_share(with(1), std::vector<Node>{{"c1", 128, 500000, 0}});
    CHECK(none.gpus == 0);
    CHECK(none.cpus == 128);
    CHECK_THAT(none.notes.at(0), ContainsSubstring("have no GPUs"));
}

TEST_CASE("what no node has is refused with what there is") {
    CHECK_THROWS_WITH(node_share(with(1, 16), kNodes),
                      ContainsSubstring("1 node with 16 GPUs wanted (the default partition has 0 "
                                        "of them; all of its 4 nodes have 4 GPUs and 40 CPUs or 8 "
                                        "GPUs and 96 CPUs or 0 GPUs and 128 CPUs)"));
    CHECK_THROWS_WITH(
        node_share(with(2, 8), kNodes),
        ContainsSubstring("2 nodes with 8 GPUs wanted (") && ContainsSubstring("has 1 of them"));
    CHECK_THROWS_WITH(node_share(with(1, 4, 100), kNodes),
                      ContainsSubstring("4 GPUs and 400 CPUs wanted"));
}

TEST_CASE("where SLURM does not tell, GPUs must be said and CPUs are assumed") {
    const auto share = node_share(with(1, 4), std::nullopt);
    CHECK(share.cpus == 16);
    CHECK_FALSE(share.most_memory_mib);
    CHECK_THAT(share.notes.at(0), ContainsSubstring("4 per GPU are asked for"));
    CHECK(node_share(with(1, 4, 3), std::nullopt) == NodeShare{4, 12, {}, {}});
    CHECK_THROWS_WITH(node_share(with(1), std::nullopt), ContainsSubstring("--gpus-per-node"));
    Settings named;
    named.sbatch_options = {"--exclusive", "--gres=gpu:v100:2"};
    CHECK(node_share(named, std::nullopt).gpus == 2);
}
