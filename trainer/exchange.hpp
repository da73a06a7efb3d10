// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#include <ATen/core/Tensor.h>

namespace graft::trainer {

// Another replica failed: what it threw tells why.
class ExchangeBroken : public std::runtime_error {
  public:
    ExchangeBroken() : std::runtime_error("another replica of the trial failed") {}
};

// The end that one replica holds of what lies between the replicas of a trial: each has a device
// and a thread of its own. It moves numbers and computes none, so that sums are the same on every
// machine. All replicas make the same calls in the same order; a call may wait for the others.
class Exchange {
  public:
    virtual ~Exchange() = default;

    // This replica's place, and how many there are.
    virtual int index() const = 0;
    virtual int count() const = 0;

    // float32 [count, k], contiguous, on the replica's device: row i of `send` becomes row index()
    // of replica i's `receive`.
    virtual void all_to_all(const at::Tensor& send, const at::Tensor& receive) = 0;
    // `send` [k] of replica i becomes row i of everybody's `receive` [count, k].
    virtual void all_gather(const at::Tensor& send, const at::Tensor& receive) = 0;

    // On a GPU: work for the device that goes on beside what it is given after it; it begins after
    // what it was given before. On a processor the work is done at once.
    virtual void beside(const std::function<void()>& work) = 0;
    // What the device is given from now on comes after all work beside it.
    virtual void join() = 0;

    // Throws what has gone wrong on the device without anybody waiting for it.
    virtual void check() = 0;
    // From any thread: whoever waits for this replica, or calls it, gets ExchangeBroken, or an
    // error of the device.
    virtual void abort() = 0;
};

// Ends of replicas that are threads of this process, on the processor.
std::vector<std::unique_ptr<Exchange>> shared_memory(int count);

}  // namespace graft::trainer
