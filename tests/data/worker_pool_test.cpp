// SPDX-License-Identifier: Apache-2.0
#include "data/worker_pool.hpp"

#include <csignal>
#include <cstring>
#include <vector>

#include <sys/socket.h>
#include <unistd.h>

#include "data/worker.hpp"

#include "support/catch.hpp"

using namespace graft;

namespace {

// Runs `work` on 0 .. count-1 and gives, in the order of delivery, the crash or the number written.
std::vector<std::pair<std::uint64_t, std::string>> run(std::uint64_t count,
                                                       const data::TaskWork& work) {
    data::PoolSettings settings;
    settings.workers = 3;
    settings.slots_per_worker = 4;
    settings.slot_bytes = 64;
    settings.time_limit = core::Seconds(3);  // far above what a task takes on a busy machine
    std::vector<std::pair<std::uint64_t, std::string>> delivered;
    data::run_tasks(count, settings, work, [&](auto task, auto slot, const auto& crash) {
        CHECK(task == delivered.size());
        std::uint64_t number = 0;
        if (crash.empty()) {
            std::memcpy(&number, slot.data(), sizeof number);
        }
        delivered.emplace_back(number, crash);
        return true;
    });
    return delivered;
}

void write_square(std::uint64_t task, std::span<std::uint8_t> slot) {
    const std::uint64_t square = task * task;
    std::memcpy(slot.data(), &square, sizeof square);
}

}  // namespace

TEST_CASE("results come in order") {
    const auto results = run(100, write_square);
    REQUIRE(results.size() == 100);
    for (std::uint64_t i = 0; i < results.size(); ++i) {
        CHECK(results[i].first == i * i);
        CHECK(results[i].second.empty());
    }
    CHECK(run(0, write_square).empty());
}

TEST_CASE("a crash, an exception and a hang each cost their own task only") {
    const auto results = run(60, [](std::uint64_t task, std::span<std::uint8_t> slot) {
        if (task == 7) {
            std::signal(SIGSEGV, SIG_DFL);
            ::raise(SIGSEGV);
        }
        if (task == 20) {
            throw std::runtime_error("out of the blue");
        }
        while (task == 40) {
            ::pause();
        }
        write_square(task, slot);
    });
    REQUIRE(results.size() == 60);
    CHECK_THAT(results[7].second, ContainsSubstring("the decoder crashed (signal 11"));
    CHECK_THAT(results[20].second, ContainsSubstring("the decoder ended (exit code 1"));
    CHECK_THAT(results[40].second, ContainsSubstring("decoding took longer than 3 s"));
    for (std::uint64_t i = 0; i < results.size(); ++i) {
        if (i != 7 && i != 20 && i != 40) {
            CHECK(results[i].first == i * i);
        }
    }
}

TEST_CASE("a sink ends the run early, or by an exception") {
    data::PoolSettings settings;
    settings.slot_bytes = 8;
    int taken = 0;
    data::run_tasks(100, settings, write_square,
                    [&](auto, auto, const auto&) { return ++taken < 5; });
    CHECK(taken == 5);
    const auto fail = [](auto, auto, const auto&) -> bool { throw std::runtime_error("full"); };
    CHECK_THROWS_WITH(data::run_tasks(100, settings, write_square, fail), "full");
}

TEST_CASE("what a child had done before it ended is not done again") {
    // All ten go to one child in a few messages, and it ends in the middle of one.
    data::PoolSettings settings;
    settings.slots_per_worker = 20;
    settings.slot_bytes = 64;
    const data::SharedMemory times(10 * sizeof(std::uint64_t));
    auto* const done = reinterpret_cast<std::uint64_t*>(times.data());
    std::vector<std::string> crashes;
    data::run_tasks(
        10, settings,
        [&](std::uint64_t task, std::span<std::uint8_t> slot) {
            if (++done[task] == 1 && task == 3) {
                std::signal(SIGSEGV, SIG_DFL);
                ::raise(SIGSEGV);
            }
            write_square(task, slot);
        },
        [&](auto task, auto slot, const auto& crash) {
            std::uint64_t number = 0;
            std::memcpy(&number, slot.data(), sizeof number);
            CHECK(number == task * task);
            crashes.push_back(crash);
            return true;
        });
    CHECK(crashes == std::vector<std::string>(10));  // the second try succeeds
    for (std::uint64_t task = 0; task < 10; ++task) {
        CHECK(done[task] == (task == 3 ? 2 : 1));
    }
}

TEST_CASE("a child gets its tasks by the dozen, and few each when the end is near") {
    data::PoolSettings settings;
    settings.workers = 2;
    settings.slots_per_worker = 16;
    settings.slot_bytes = 64;
    const auto who_does = [&](std::uint64_t count) {
        std::vector<std::int32_t> children;
        data::run_tasks(
            count, settings,
            [](std::uint64_t, std::span<std::uint8_t> slot) {
                const std::int32_t own = ::getpid();
                std::memcpy(slot.data(), &own, sizeof own);
            },
            [&](auto, auto slot, const auto&) {
                std::memcpy(&children.emplace_back(), slot.data(), sizeof(std::int32_t));
                return true;
            });
        return children;
    };
    const auto many = who_does(200);
    CHECK(many[0] != many[8]);
    for (std::size_t i = 0; i < 160; ++i) {
        CHECK(many[i] == many[i / 8 * 8]);
    }
    const auto few = who_does(4);
    CHECK(few[0] != few[1]);
    CHECK(few == std::vector{few[0], few[1], few[0], few[1]});
}

TEST_CASE(
    "a child that says to have done what it was not given is ended, and its task is to blame") {
    data::PoolSettings settings;
    settings.slots_per_worker = 1;
    settings.slot_bytes = 64;
    std::vector<std::string> crashes;
    data::run_tasks(
        10, settings,
        [](std::uint64_t task, std::span<std::uint8_t> slot) {
            if (task == 4) {
                // What a decoder does that a hostile picture has taken over: it writes before its
                // slot, and wakes the parent by its socket, which is the only one.
                auto* const before = slot.data() - sizeof(data::WorkerHead);
                reinterpret_cast<data::WorkerHead*>(before)->done = 4'000'000'000;
                for (int fd = 3; fd < 64; ++fd) {
                    ::send(fd, "lie", 3, MSG_NOSIGNAL);
                }
                ::pause();
            }
            write_square(task, slot);
        },
        [&](auto, auto, const auto& crash) {
            crashes.push_back(crash);
            return true;
        });
    REQUIRE(crashes.size() == 10);
    CHECK_THAT(crashes[4], ContainsSubstring("the decoder crashed (signal 9"));
    crashes[4].clear();
    CHECK(crashes == std::vector<std::string>(10));
}
