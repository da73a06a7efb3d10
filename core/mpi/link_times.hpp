// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/mpi/communicator.hpp"

namespace graft::mpi {

// What the messages between rank 0 and another rank take.
struct LinkTimes {
    double latency = 0;    // seconds, half a round trip of 64 bytes (median of 50)
    double bandwidth = 0;  // bytes per second, of 16 MiB in messages of 1 MiB
    template <class Archive>
    void fields(Archive& archive) {
        archive(latency, bandwidth);
    }
};

// Called by all ranks at once, with nothing else on its way: rank 0 exchanges messages with each
// other rank, one after the other, and gets a row for every rank (its own: nothing); the others get
// none. Throws SystemError naming the rank when one does not answer for a minute.
std::vector<std::optional<LinkTimes>> time_links(Communicator& world);

}  // namespace graft::mpi
