// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/file.hpp"
#include "core/process.hpp"

#include "data/worker_pool.hpp"

namespace graft::data {

// The order to a child, and its answer.
struct TaskOrder {
    std::uint64_t task = 0;
    std::uint32_t slot = 0;
};

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

    bool has_free_slot() const { return !free_.empty(); }
    void give(std::uint64_t task, core::Instant now);
    void free_slot(std::uint32_t slot) { free_.push_back(slot); }
    // The next finished task, in the order given; nothing when the child has ended, or was killed
    // because it answered something else.
    std::optional<TaskOrder> answer(core::Instant now);
    // Given and not answered, the first of them in work.
    const std::deque<TaskOrder>& running() const { return running_; }
    void forget_running();
    bool is_late(core::Instant now) const;
    int descriptor() const { return socket_.get(); }
    std::span<const std::uint8_t> slot(std::uint32_t number) const;

  private:
    int serve(const core::Descriptor& socket) const;

    const PoolSettings& settings_;
    const TaskWork& work_;
    SharedMemory memory_;
    core::Descriptor socket_;
    std::optional<core::Child> child_;
    std::vector<std::uint32_t> free_;
    std::deque<TaskOrder> running_;
    core::Instant since_;  // when the first of running_ was begun
};

}  // namespace graft::data
