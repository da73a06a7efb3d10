// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/process.hpp"

#include "data/worker_pool.hpp"

namespace graft::data {

// What a child is to do. Several of them are one message, done one after the other, and answered by
// one byte when all are done: going to and from a process costs as much as a third of decoding a
// small picture.
struct TaskOrder {
    std::uint64_t task = 0;
    std::uint32_t slot = 0;
};

// At the start of the memory shared with a child: how many tasks it has done since its start, so
// that the parent knows at any time which one it is at.
struct alignas(64) WorkerHead {
    std::atomic<std::uint64_t> done = 0;
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

// Memory that forks share; unmapped at the end.
class SharedMemory {
  public:
    explicit SharedMemory(std::size_t bytes);
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();
    std::uint8_t* data() const { return data_; }

  private:
    std::uint8_t* data_ = nullptr;
    std::size_t bytes_ = 0;
};

// One child process with its slots, as the parent sees it. The child is killed at the end.
class Worker {
  public:
    Worker(const PoolSettings& settings, const TaskWork& work);
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;
    ~Worker();

    // Starts the child, or starts it again after end(); slots not given back keep their results.
    void start();
    // Reaps a child that crashed, or kills it first; how it ended, in words.
    std::string end(bool late);

    std::size_t free_slots() const { return free_.size(); }
    // At most as many tasks as there are free slots.
    void give(std::span<const std::uint64_t> tasks, core::Instant now);
    void free_slot(std::uint32_t slot) { free_.push_back(slot); }
    // Takes what the child sent, when its descriptor is readable; false when it has ended.
    bool hear();
    // The tasks finished since the last call, in the order given. Nothing, and the child is killed,
    // when it says to have done more than it was given.
    std::optional<std::vector<TaskOrder>> finished(core::Instant now);
    // Given and not known to be finished, the first of them in work.
    const std::deque<TaskOrder>& running() const { return running_; }
    void forget_running();
    bool is_late(core::Instant now) const;
    int descriptor() const { return socket_.get(); }
    std::span<const std::uint8_t> slot(std::uint32_t number) const;

  private:
    int serve(const core::Descriptor& socket) const;
    WorkerHead& head() const { return *reinterpret_cast<WorkerHead*>(memory_.data()); }
    std::span<std::uint8_t> memory_of(std::uint32_t slot) const;

    const PoolSettings& settings_;
    const TaskWork& work_;
    SharedMemory memory_;
    core::Descriptor socket_;
    std::optional<core::Child> child_;
    std::vector<std::uint32_t> free_;
    std::deque<TaskOrder> running_;
    std::uint64_t taken_ = 0;  // of the head's `done`
    core::Instant since_;      // when the first of running_ was begun, or a little later
};

}  // namespace graft::data
