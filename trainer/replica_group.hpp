// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "trainer/dataset.hpp"
#include "trainer/exchange.hpp"

namespace graft::trainer {

// The replicas of a trial: a device, a dataset on it and a thread for each. They are threads of one
// process, so that none of them can be lost without the others: a fault, a kill or a missing
// device ends the trainer, and the trial goes on from its last save.
class ReplicaGroup {
  public:
    // One replica for each dataset, which must outlive the group; on a processor it may be the same
    // one for all. One replica alone has no thread but the caller's, and no exchange.
    explicit ReplicaGroup(std::vector<const Dataset*> data);
    ~ReplicaGroup();
    ReplicaGroup(const ReplicaGroup&) = delete;
    ReplicaGroup& operator=(const ReplicaGroup&) = delete;

    int count() const { return static_cast<int>(data_.size()); }
    const Dataset& data(int replica) const { return *data_[static_cast<std::size_t>(replica)]; }
    // Null for one replica alone.
    Exchange* exchange(int replica) const;

    // work(i) for every replica, each in its thread, the first in the caller's; back when all are.
    // What one throws ends the waiting of the others, and is thrown here; the group is of no use
    // then.
    void run(const std::function<void(int)>& work);

  private:
    void serve(int replica);
    // Calls work for one replica; notes what it throws.
    void call(const std::function<void(int)>& work, int replica);
    void break_off() noexcept;

    std::vector<const Dataset*> data_;
    std::vector<std::unique_ptr<Exchange>> ends_;

    std::mutex mutex_;
    std::condition_variable changed_;
    const std::function<void(int)>* work_ = nullptr;
    std::uint64_t round_ = 0;  // of work
    int busy_ = 0;             // threads that have not done this round's
    bool leave_ = false;
    std::exception_ptr failure_;  // the first
    std::vector<std::thread> threads_;
};

}  // namespace graft::trainer
