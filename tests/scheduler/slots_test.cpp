// SPDX-License-Identifier: Apache-2.0
#include "scheduler/slots.hpp"

#include <csignal>

#include "core/error.hpp"

#include "scheduler/launcher.hpp"
#include "scheduler/trainer_process.hpp"
#include "support/catch.hpp"

using namespace graft;
using namespace graft::scheduler;

TEST_CASE("disjoint shares stay, equal ones are dealt, others are an error") {
    const RankShare both{{"a", "b"}, {0, 1, 2, 3}};
    CHECK(own_share({both, both}, 0).gpus == std::vector<std::string>{"a"});
    CHECK(own_share({both, both}, 1).gpus == std::vector<std::string>{"b"});
    CHECK(own_share({both, both}, 1).cores == std::vector<std::int32_t>{2, 3});
    const RankShare left{{"a"}, {0, 1}}, right{{"b"}, {2, 3}};
    CHECK(own_share({left, right}, 1).gpus == right.gpus);
    CHECK(own_share({left, right}, 1).cores == right.cores);
    CHECK_THROWS_AS(own_share({both, left}, 0), core::InputError);
}

TEST_CASE("more ranks than cores share them") {
    const RankShare two{{}, {0, 1}};
    for (std::size_t place = 0; place < 3; ++place) {
        CHECK_FALSE(own_share({two, two, two}, place).cores.empty());
    }
}

TEST_CASE("a rank has a slot per GPU, or by cores") {
    const auto gpus = make_slots({{"a", "b"}, {0, 1, 2, 3}}, {"V100", "V100"}, 0, 1, "cpu");
    REQUIRE(gpus.size() == 2);
    CHECK(gpus[1].devices == std::vector<std::string>{"b"});
    CHECK(gpus[1].device_name == "V100");
    CHECK(gpus[1].cores == std::vector<std::int32_t>{2, 3});
    const auto cores = make_slots({{}, {0, 1, 2, 3, 4}}, {}, 0, 2, "cpu");
    REQUIRE(cores.size() == 2);
    CHECK(cores[0].device_name == "cpu");
    CHECK(make_slots({{}, {0}}, {}, 0, 4, "cpu").size() == 1);
    CHECK(make_slots({{}, {0}}, {}, 3, 1, "cpu").at(2).cores == std::vector<std::int32_t>{0});
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
