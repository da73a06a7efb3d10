// SPDX-License-Identifier: Apache-2.0
#include "scheduler/link.hpp"

#include <set>

#include "core/bytes.hpp"
#include "core/error.hpp"
#include "core/mpi/communicator.hpp"

namespace graft::scheduler {

namespace {

using sweep::FromWorker;
using sweep::Rank;
using sweep::ToWorker;

template <class T>
std::optional<T> take_first(std::deque<T>& queue) {
    if (queue.empty()) {
        return std::nullopt;
    }
    T first = std::move(queue.front());
    queue.pop_front();
    return first;
}

template <class T>
T decoded(const mpi::Communicator::Received& received) {
    try {
        return core::decode<T>(received.bytes);
    } catch (const core::DecodeError& error) {
        core::fail_system(
            "rank {} sent bytes that are no message ({}). Install the same build of "
            "graft on every node.",
            received.from, error.what());
    }
}

class LocalCoordinatorLink final : public CoordinatorLink {
  public:
    explicit LocalCoordinatorLink(LocalQueue& queue) : queue_(queue) {}
    void send(Rank, const ToWorker& message) override { queue_.to_worker.push_back(message); }
    std::optional<std::pair<Rank, FromWorker>> receive() override {
        auto message = take_first(queue_.from_worker);
        return message ? std::optional(std::pair(Rank(0), std::move(*message))) : std::nullopt;
    }
    void beat() override {}
    void forget(Rank) override {}
    bool all_sent() override { return true; }

  private:
    LocalQueue& queue_;
};

// The coordinator is this very process: it is heard of as long as anything runs.
class LocalWorkerLink final : public WorkerLink {
  public:
    explicit LocalWorkerLink(LocalQueue& queue) : queue_(queue) {}
    void send(const FromWorker& message) override { queue_.from_worker.push_back(message); }
    std::optional<ToWorker> receive() override { return take_first(queue_.to_worker); }
    bool heard() override { return true; }
    bool all_sent() override { return true; }

  private:
    LocalQueue& queue_;
};

class MpiCoordinatorLink final : public CoordinatorLink {
  public:
    MpiCoordinatorLink(mpi::Communicator& world, LocalQueue& queue)
        : world_(world), local_(queue) {}
    void send(Rank to, const ToWorker& message) override {
        if (to.value == world_.rank()) {
            local_.send(to, message);
        } else {
            world_.send(to.value, core::encode(message));
        }
    }
    std::optional<std::pair<Rank, FromWorker>> receive() override {
        world_.progress();
        if (auto message = local_.receive()) {
            return message;
        }
        const auto received = world_.receive();
        if (!received) {
            return std::nullopt;
        }
        return std::pair(Rank(received->from), decoded<FromWorker>(*received));
    }
    // Empty bytes: never the encoding of a message.
    void beat() override {
        for (int rank = 1; rank < world_.size(); ++rank) {
            if (lost_.count(rank) == 0) {
                world_.send(rank, {});
            }
        }
    }
    void forget(Rank rank) override { lost_.insert(rank.value); }
    bool all_sent() override {
        world_.progress();
        return world_.unsent() == 0;
    }

  private:
    mpi::Communicator& world_;
    LocalCoordinatorLink local_;
    std::set<int> lost_;
};

class MpiWorkerLink final : public WorkerLink {
  public:
    explicit MpiWorkerLink(mpi::Communicator& world) : world_(world) {}
    void send(const FromWorker& message) override { world_.send(0, core::encode(message)); }
    std::optional<ToWorker> receive() override {
        world_.progress();
        while (auto received = world_.receive()) {
            heard_ = true;
            if (!received->bytes.empty()) {
                return decoded<ToWorker>(*received);
            }
        }
        return std::nullopt;
    }
    bool heard() override { return std::exchange(heard_, false); }
    bool all_sent() override {
        world_.progress();
        return world_.unsent() == 0;
    }

  private:
    mpi::Communicator& world_;
    bool heard_ = true;
};

}  // namespace

std::unique_ptr<CoordinatorLink> local_coordinator_link(LocalQueue& queue) {
    return std::make_unique<LocalCoordinatorLink>(queue);
}

std::unique_ptr<WorkerLink> local_worker_link(LocalQueue& queue) {
    return std::make_unique<LocalWorkerLink>(queue);
}

std::unique_ptr<CoordinatorLink> mpi_coordinator_link(mpi::Communicator& world, LocalQueue& queue) {
    return std::make_unique<MpiCoordinatorLink>(world, queue);
}

std::unique_ptr<WorkerLink> mpi_worker_link(mpi::Communicator& world) {
    return std::make_unique<MpiWorkerLink>(world);
}

}  // namespace graft::scheduler
