// SPDX-License-Identifier: Apache-2.0
#include "trainer/replica_group.hpp"

#include <utility>

#include <ATen/Parallel.h>

#include "trainer/cuda/graph.hpp"
#include "trainer/cuda/nccl.hpp"
#include "trainer/device.hpp"

namespace graft::trainer {

ReplicaGroup::ReplicaGroup(std::vector<const Dataset*> data) : data_(std::move(data)) {
    if (count() == 1) {
        return;
    }
    for (int i = 1; i < count(); ++i) {
        threads_.emplace_back([this, i] { serve(i); });
    }
    if (data_.front()->device().is_cpu()) {
        ends_ = shared_memory(count());
        return;
    }
    ends_.resize(data_.size());
    const cuda::Meeting meeting;
    run([&](int i) {
        ends_[static_cast<std::size_t>(i)] = meeting.end(i, count(), this->data(i).device());
    });
}

ReplicaGroup::~ReplicaGroup() {
    if (!failure_) {
        // NCCL takes leave of all together.
        run([&](int i) {
            if (!ends_.empty()) {
                ends_[static_cast<std::size_t>(i)].reset();
            }
        });
    }
    {
        const std::lock_guard lock(mutex_);
        leave_ = true;
        changed_.notify_all();
    }
    for (auto& thread : threads_) {
        thread.join();
    }
}

Exchange* ReplicaGroup::exchange(int replica) const {
    return ends_.empty() ? nullptr : ends_[static_cast<std::size_t>(replica)].get();
}

void ReplicaGroup::run(const std::function<void(int)>& work) {
    {
        const std::lock_guard lock(mutex_);
        if (failure_) {
            std::rethrow_exception(failure_);
        }
        work_ = &work;
        busy_ = static_cast<int>(threads_.size());
        ++round_;
        changed_.notify_all();
    }
    call(work, 0);
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return busy_ == 0; });
    if (failure_) {
        std::rethrow_exception(failure_);
    }
}

void ReplicaGroup::serve(int replica) {
    const at::Device device = data(replica).device();
    at::init_num_threads();
    cuda::use_own_stream(device);
    std::unique_lock lock(mutex_);
    for (std::uint64_t done = 0;;) {
        changed_.wait(lock, [&] { return leave_ || round_ != done; });
        if (leave_) {
            return;
        }
        done = round_;
        const auto& work = *work_;
        lock.unlock();
        call(work, replica);
        lock.lock();
        --busy_;
        changed_.notify_all();
    }
}

void ReplicaGroup::call(const std::function<void(int)>& work, int replica) {
    try {
        work(replica);
    } catch (...) {
        {
            const std::lock_guard lock(mutex_);
            if (failure_) {
                return;  // of what the others tell, the first is the cause
            }
            failure_ = std::current_exception();
        }
        break_off();
    }
}

void ReplicaGroup::break_off() noexcept {
    for (const auto& end : ends_) {
        if (end) {
            end->abort();
        }
    }
}

}  // namespace graft::trainer
