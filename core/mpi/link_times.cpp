// SPDX-License-Identifier: Apache-2.0
#include "core/mpi/link_times.hpp"

#include <algorithm>

#include "core/clock.hpp"
#include "core/error.hpp"

namespace graft::mpi {

namespace {

constexpr core::Seconds kPatience{60};
constexpr int kRoundTrips = 50, kChunks = 16;
constexpr std::size_t kSmall = 64, kLarge = std::size_t{1} << 20;
// First bytes of the messages: send it back; keep it; keep it and say so; the end.
constexpr char kEcho = 'e', kKeep = 'k', kLast = 'l', kEnd = 'x';

std::string message(char kind, std::size_t bytes) {
    return kind + std::string(bytes - 1, '.');
}

std::string next(Communicator& world, int from) {
    const auto began = core::now();
    while (core::now() - began < kPatience) {
        world.progress();
        if (auto received = world.receive()) {
            return std::move(received->bytes);
        }
    }
    core::fail_system(
        "rank {} has not answered for {:.0f} s (the network between the nodes does not work, or "
        "the rank was lost). Try other nodes, or show this to the site.",
        from, kPatience.count());
}

LinkTimes time_link(Communicator& world, int rank) {
    std::vector<double> trips;
    for (int i = 0; i < kRoundTrips; ++i) {
        const auto began = core::now();
        world.send(rank, message(kEcho, kSmall));
        next(world, rank);
        trips.push_back(core::Seconds(core::now() - began).count());
    }
    std::nth_element(trips.begin(), trips.begin() + kRoundTrips / 2, trips.end());
    const auto began = core::now();
    for (int i = 1; i <= kChunks; ++i) {
        world.send(rank, message(i == kChunks ? kLast : kKeep, kLarge));
    }
    next(world, rank);
    const double seconds = core::Seconds(core::now() - began).count();
    world.send(rank, message(kEnd, kSmall));
    return {trips[kRoundTrips / 2] / 2, static_cast<double>(kChunks * kLarge) / seconds};
}

// Waits for its turn as long as the others may take.
void answer(Communicator& world) {
    for (int silence = 0; silence < world.size();) {
        std::string received;
        try {
            received = next(world, 0);
        } catch (const core::SystemError&) {
            if (++silence == world.size()) {
                throw;
            }
            continue;
        }
        silence = 0;
        if (received.front() == kEcho || received.front() == kLast) {
            world.send(0, message(kKeep, kSmall));
        } else if (received.front() == kEnd) {
            return;
        }
    }
}

}  // namespace

std::vector<std::optional<LinkTimes>> time_links(Communicator& world) {
    std::vector<std::optional<LinkTimes>> times;
    if (world.rank() > 0) {
        answer(world);
    } else {
        times.emplace_back();
        for (int rank = 1; rank < world.size(); ++rank) {
            times.emplace_back(time_link(world, rank));
        }
    }
    while (world.unsent() > 0) {
        world.progress();
    }
    return times;
}

}  // namespace graft::mpi
