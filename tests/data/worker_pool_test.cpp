// SPDX-License-Identifier: Apache-2.0
#include "data/worker_pool.hpp"

#include <csignal>
#include <cstring>
#include <map>
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

TEST_CASE("a child that answers for what it was not given is ended, and its task is to blame") {
    const auto results = run(10, [](std::uint64_t task, std::span<std::uint8_t> slot) {
        if (task == 4) {
            // What a decoder does that a hostile picture has taken over: its socket is the only
            // one.
            const data::TaskOrder lie{task, 4'000'000'000};
            for (int fd = 3; fd < 64; ++fd) {
                ::send(fd, &lie, sizeof lie, MSG_NOSIGNAL);
            }
            ::pause();
        }
        write_square(task, slot);
    });
    REQUIRE(results.size() == 10);
    CHECK_THAT(results[4].second, ContainsSubstring("the decoder crashed (signal 9"));
    CHECK(results[5].first == 25);
}
