// SPDX-License-Identifier: Apache-2.0
#include "scheduler/slots.hpp"

#include <csignal>

#include "core/error.hpp"
#include "core/text.hpp"

#include "scheduler/launcher.hpp"
#include "scheduler/trainer_process.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::scheduler;

namespace {

using Cores = std::vector<std::int32_t>;
using Names = std::vector<std::string>;

core::Gpu gpu(const std::string& uuid, const Cores& near = {},
              core::ComputeMode mode = core::ComputeMode::shared) {
    core::Gpu result;
    result.uuid = uuid;
    result.name = "V100";
    result.cores = near;
    result.mode = mode;
    return result;
}

core::Gpu broken(const std::string& uuid) {
    auto result = gpu(uuid);
    result.fault = "it has fallen off the bus";
    return result;
}

RankShare share(const std::vector<core::Gpu>& gpus, const Cores& cores) {
    return share_of("n1", gpus, {cores.begin(), cores.end()});
}

RankShare named(const Names& uuids, const Cores& cores = {0, 1, 2, 3}) {
    std::vector<core::Gpu> gpus;
    for (const auto& uuid : uuids) {
        gpus.push_back(gpu(uuid));
    }
    return share(gpus, cores);
}

Names uuids_of(const RankShare& share) {
    Names uuids;
    for (const auto& gpu : share.gpus) {
        uuids.push_back(gpu.uuid);
    }
    return uuids;
}

// UUIDs of every rank's share: "a b | c d".
std::string dealt(const std::vector<RankShare>& ranks) {
    Names shares;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
        shares.push_back(core::join(uuids_of(own_share(ranks, i)), " "));
    }
    return core::join(shares, " | ");
}

// "device:cores" of every slot.
std::string slots_text(const std::vector<sweep::SlotInfo>& slots) {
    Names texts;
    for (const auto& slot : slots) {
        texts.push_back(core::join(slot.devices, "+") + ":" + core::ranges_text(slot.cores));
    }
    return core::join(texts, " ");
}

}  // namespace

TEST_CASE("every way of starting ranks gives each GPU to one of them") {
    struct Row {
        const char* how;
        std::vector<Names> seen;
        const char* dealt;
    };
    const std::vector<Row> rows{
        {"graft alone", {{"a", "b"}}, "a b"},
        {"srun -n2 --gres=gpu:2: both see both", {{"a", "b"}, {"a", "b"}}, "a | b"},
        {"mpirun -n2 on four", {{"a", "b", "c", "d"}, {"a", "b", "c", "d"}}, "a b | c d"},
        {"mpirun -n3 on four",
         {{"a", "b", "c", "d"}, {"a", "b", "c", "d"}, {"a", "b", "c", "d"}},
         "a | b | c d"},
        {"--gpus-per-task=1, --gpu-bind=single:1", {{"a"}, {"b"}}, "a | b"},
        {"--gpus-per-task=2", {{"a", "b"}, {"c", "d"}}, "a b | c d"},
        {"MIG devices", {{"MIG-1", "MIG-2"}, {"MIG-1", "MIG-2"}}, "MIG-1 | MIG-2"},
        {"no GPUs", {{}, {}}, " | "},
    };
    for (const auto& row : rows) {
        std::vector<RankShare> ranks;
        for (const auto& seen : row.seen) {
            ranks.push_back(named(seen));
        }
        INFO(row.how);
        CHECK(dealt(ranks) == row.dealt);
    }
}

TEST_CASE("UUIDs decide: a GPU of index 0 may be another one for each rank") {
    auto left = named({"a"}), right = named({"b"});
    CHECK(left.gpus[0].index == right.gpus[0].index);
    CHECK(dealt({left, right}) == "a | b");
}

TEST_CASE("ranks and GPUs that do not go up are an error with what to type") {
    const std::vector<RankShare> four(4, named({"a", "b"}));
    CHECK_THROWS_WITH(own_share(four, 0), StartsWith("4 ranks on host n1 share 2 GPUs") &&
                                              ContainsSubstring("--ntasks-per-node=2") &&
                                              ContainsSubstring("--gpus-per-node=4"));
    CHECK_THROWS_WITH(dealt({named({"a", "b"}), named({})}),
                      StartsWith("rank 1 of the 2 on host n1 sees no GPU") &&
                          ContainsSubstring("--gpus-per-task=1"));
    CHECK_THROWS_WITH(dealt({named({"a", "b"}), named({"b"})}),
                      ContainsSubstring("overlapping sets of GPUs (rank 0: a, b; rank 1: b)"));
}

TEST_CASE("a GPU that cannot be used leaves its rank's share, and nobody else's changes") {
    const auto all = share({gpu("a"), broken("b"), gpu("c"), gpu("d")}, {0, 1, 2, 3});
    CHECK(dealt({all, all}) == "a | c d");
    CHECK_THAT(own_share({all, all}, 0).unusable.at(0), StartsWith("b (V100): it has fallen"));
    CHECK(own_share({all, all}, 1).unusable.empty());
    const auto prohibited = share({gpu("a", {}, core::ComputeMode::prohibited)}, {0});
    CHECK(own_share({prohibited}, 0).gpus.empty());
}

TEST_CASE("a rank whose GPUs all fail has no slots, not slots of the processor") {
    const auto own = own_share({share({broken("a")}, {0, 1})}, 0);
    CHECK(make_slots(own, 0, 1, "cpu").empty());
    CHECK(make_slots(own, 3, 1, "cpu").empty());
    CHECK_THAT(remarks_on(own, {}, 8).at(0), ContainsSubstring("no work for a (V100)"));
}

TEST_CASE("a GPU without a UUID any more would have been the last rank's") {
    const auto all = share({gpu("a"), broken("")}, {0, 1});
    CHECK(all.gpus.size() == 1);
    CHECK(all.unusable.size() == 1);
    const std::vector<RankShare> two{all, all};
    std::size_t slots = 0;
    for (std::size_t i = 0; i < 2; ++i) {
        slots += make_slots(own_share(two, i), 0, 1, "cpu").size();
    }
    CHECK(slots == 1);
    CHECK_THROWS_AS(own_share(std::vector<RankShare>(3, all), 0), core::InputError);
}

TEST_CASE("cores are dealt like GPUs, and more ranks than cores share them") {
    CHECK(own_share({named({}), named({})}, 1).cores == Cores{2, 3});
    CHECK(own_share({named({}, {0, 1}), named({}, {2, 3})}, 1).cores == Cores{2, 3});
    CHECK(own_share({named({}, {0, 1}), named({}, {1, 2})}, 0).cores == Cores{0, 1});
    const std::vector<RankShare> three(3, named({}, {0, 1}));
    for (std::size_t place = 0; place < 3; ++place) {
        CHECK_FALSE(own_share(three, place).cores.empty());
    }
}

TEST_CASE("a rank gets the cores near its GPUs, also where sockets number theirs in turn") {
    const Cores even{0, 2, 4, 6}, odd{1, 3, 5, 7}, all{0, 1, 2, 3, 4, 5, 6, 7};
    const auto both = share({gpu("a", even), gpu("b", even), gpu("c", odd), gpu("d", odd)}, all);
    CHECK(own_share({both, both}, 0).cores == even);
    CHECK(own_share({both, both}, 1).cores == odd);
}

TEST_CASE("a slot takes its part of the cores near its GPU") {
    const Cores low{0, 1, 2, 3}, high{4, 5, 6, 7};
    const auto slots = [](const std::vector<core::Gpu>& gpus, const Cores& cores, int wanted = 0) {
        return slots_text(make_slots(share(gpus, cores), wanted, 1, "cpu"));
    };
    const Cores all{0, 1, 2, 3, 4, 5, 6, 7};
    CHECK(slots({gpu("a", low), gpu("b", high)}, all) == "a:0-3 b:4-7");
    CHECK(slots({gpu("a", high), gpu("b", low)}, all) == "a:4-7 b:0-3");
    CHECK(slots({gpu("a", low), gpu("b", low)}, all) == "a:0-1 b:2-3");
    CHECK(slots({gpu("a", low), gpu("b", high)}, all, 4) == "a:0-1 b:4-5 a:2-3 b:6-7");
    // None of them near is allowed, or nothing is known: all are divided.
    CHECK(slots({gpu("a", low), gpu("b", high)}, {2, 3}) == "a:2 b:3");
    CHECK(slots({gpu("a"), gpu("b")}, low) == "a:0-1 b:2-3");
    CHECK(slots({gpu("a", low), gpu("b")}, all) == "a:0-3 b:4-7");
    // Too few: all have all of them.
    CHECK(slots({gpu("a", low), gpu("b", low)}, {1}) == "a:1 b:1");
}

TEST_CASE("a rank has a slot per GPU, or by cores") {
    const auto gpus = make_slots(named({"a", "b"}), 0, 1, "cpu");
    CHECK(slots_text(gpus) == "a:0-1 b:2-3");
    CHECK(gpus.at(1).device_name == "V100");
    const auto cores = make_slots(named({}, {0, 1, 2, 3, 4}), 0, 2, "cpu");
    REQUIRE(cores.size() == 2);
    CHECK(cores[0].device_name == "cpu");
    CHECK(make_slots(named({}, {0}), 0, 4, "cpu").size() == 1);
    CHECK(make_slots(named({}, {0}), 3, 1, "cpu").at(2).cores == Cores{0});
}

TEST_CASE("GPUs that take one process are not shared") {
    const auto mode = core::ComputeMode::exclusive_process;
    const auto own = share({gpu("a", {}, mode), gpu("b", {}, mode)}, {0, 1, 2, 3});
    CHECK(make_slots(own, 0, 1, "cpu").size() == 2);
    CHECK_THROWS_WITH(make_slots(own, 4, 1, "cpu"),
                      StartsWith("4 trainers cannot share 2 GPUs on host n1") &&
                          ContainsSubstring("Set slots to 2") &&
                          ContainsSubstring("'exclusive_process'"));
    // The second GPU has a trainer of its own.
    const auto mixed = share({gpu("a"), gpu("b", {}, mode)}, {0, 1, 2, 3});
    CHECK(make_slots(mixed, 3, 1, "cpu").size() == 3);
    CHECK_THROWS_AS(make_slots(mixed, 4, 1, "cpu"), core::InputError);
}

TEST_CASE("what is hardly meant is said with what to type") {
    const auto four = named({"a", "b", "c", "d"}, {5});
    const auto remarks = remarks_on(four, make_slots(four, 0, 1, "cpu"), 64);
    REQUIRE(remarks.size() == 1);
    CHECK_THAT(remarks[0], ContainsSubstring("4 trainers share 1 core of its 64 cores") &&
                               ContainsSubstring("--bind-to none") &&
                               ContainsSubstring("--cpus-per-task=4"));
    CHECK(remarks_on(four, make_slots(four, 0, 1, "cpu"), 1).empty());  // it has no more
    const auto idle = remarks_on(named({"a", "b"}), make_slots(named({"a", "b"}), 1, 1, "cpu"), 4);
    REQUIRE(idle.size() == 1);
    CHECK_THAT(idle[0], ContainsSubstring("1 of 2 GPUs get no work"));
    CHECK(remarks_on(named({"a", "b"}), make_slots(named({"a", "b"}), 0, 1, "cpu"), 4).empty());
}

TEST_CASE("what ended a trainer is told by its status") {
    const auto kind = [](const core::ExitStatus& status) {
        return sweep::kind_of(ending_of(status));
    };
    CHECK(kind(core::Exited{0}) == kind(core::Exited{3}));
    CHECK(kind(core::Signalled{SIGSEGV}) == kind(core::Exited{1}));
    CHECK(kind(core::Signalled{SIGBUS}) == kind(core::Signalled{SIGABRT}));
    CHECK(kind(core::Signalled{SIGKILL}) == kind(core::Signalled{SIGTERM}));
    CHECK(kind(core::Signalled{SIGKILL}) != kind(core::Signalled{SIGSEGV}));
}

TEST_CASE("a trainer is believed in longer before it has shown progress") {
    const core::Seconds hung_after(600);
    CHECK(patience(hung_after, std::nullopt) == core::Seconds(1800));
    CHECK(patience(hung_after, core::Seconds(1)) == core::Seconds(600));
    CHECK(patience(hung_after, core::Seconds(100)) == core::Seconds(2000));
    CHECK(patience(core::Seconds(5), core::Seconds(0)) == core::Seconds(5));
}

TEST_CASE("mpirun is told to go on without a lost rank and to bind nothing") {
    const std::vector<std::string> alone{
        "mpirun", "-n", "3", "--enable-recovery", "--bind-to", "none", "--oversubscribe"};
    CHECK(mpirun_command(3, 1) == alone);
    const std::vector<std::string> nodes{"mpirun",    "-n",   "4",        "--enable-recovery",
                                         "--bind-to", "none", "--map-by", "ppr:2:node"};
    CHECK(mpirun_command(4, 2) == nodes);
}

TEST_CASE("a rank that was given GPUs and sees none says so") {
    RankShare share;
    share.host = "n1";
    CHECK_THAT(unseen_gpus(share, "0,1"), ContainsSubstring("names '0,1', but no GPU is seen"));
    for (const char* none : {"", "-1", "NoDevFiles"}) {
        CHECK(unseen_gpus(share, none).empty());
    }
    CHECK(unseen_gpus(share, std::nullopt).empty());
    share.unusable = {"GPU-1 (V100)"};  // that is said already
    CHECK(unseen_gpus(share, "0,1").empty());
    share.unusable.clear();
    share.gpus.emplace_back();
    CHECK(unseen_gpus(share, "0,1").empty());
}
