// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>

#include "core/clock.hpp"

#include "sweep/message.hpp"

namespace graft::mpi {
class Communicator;
}

namespace graft::scheduler {

// The seam between the coordinator and the ranks. Nothing here waits; messages from one sender keep
// their order.
class CoordinatorLink {
  public:
    virtual ~CoordinatorLink() = default;
    virtual void send(sweep::Rank to, const sweep::ToWorker& message) = 0;
    virtual std::optional<std::pair<sweep::Rank, sweep::FromWorker>> receive() = 0;
    // Tells the workers that the coordinator lives; to be called every second.
    virtual void beat() = 0;
    // The rank was lost: no beats go there any more, which to a dead one would pile up for ever.
    virtual void forget(sweep::Rank rank) = 0;
    // All that was sent has left this process, as far as that can be known.
    virtual bool all_sent() = 0;
};

class WorkerLink {
  public:
    virtual ~WorkerLink() = default;
    virtual void send(const sweep::FromWorker& message) = 0;
    // Nothing more is there: nothing. Throws core::SystemError for bytes that are no message.
    virtual std::optional<sweep::ToWorker> receive() = 0;
    // True when something, if only a beat, came since the last call.
    virtual bool heard() = 0;
    virtual bool all_sent() = 0;
};

// Between coordinator and supervisor of one process.
struct LocalQueue {
    std::deque<sweep::ToWorker> to_worker;
    std::deque<sweep::FromWorker> from_worker;
};
std::unique_ptr<CoordinatorLink> local_coordinator_link(LocalQueue& queue);
std::unique_ptr<WorkerLink> local_worker_link(LocalQueue& queue);

// Rank 0's: its own supervisor by the queue, the others by MPI.
std::unique_ptr<CoordinatorLink> mpi_coordinator_link(mpi::Communicator& world, LocalQueue& queue);
// Of a rank above 0.
std::unique_ptr<WorkerLink> mpi_worker_link(mpi::Communicator& world);

}  // namespace graft::scheduler
