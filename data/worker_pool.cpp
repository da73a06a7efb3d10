// SPDX-License-Identifier: Apache-2.0
#include "data/worker_pool.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <set>

#include <poll.h>

#include "core/error.hpp"

#include "data/worker.hpp"

namespace graft::data {

namespace {

class Pool {
  public:
    Pool(std::uint64_t count, const PoolSettings& settings, const TaskWork& work,
         const TaskSink& sink)
        : count_(count), slots_per_worker_(settings.slots_per_worker), sink_(sink) {
        const auto wanted = std::min<std::uint64_t>(count, static_cast<unsigned>(settings.workers));
        for (std::uint64_t i = 0; i < wanted; ++i) {
            workers_.emplace_back(settings, work).start();
        }
    }

    void run() {
        bool goes_on = count_ > 0;
        while (goes_on) {
            give_out();
            wait();
            goes_on = deliver();
        }
    }

  private:
    struct Result {
        Worker* worker = nullptr;  // none after a crash
        std::uint32_t slot = 0;
        std::string crash;
    };

    // Tasks of a crashed child first, then new ones, to the child with the fewest.
    void give_out() {
        while (!again_.empty() || next_ < count_) {
            const std::uint64_t together = again_.empty() ? new_together() : 1;
            Worker* idlest = nullptr;
            for (auto& worker : workers_) {
                if (worker.free_slots() >= together &&
                    (!idlest || worker.running().size() < idlest->running().size())) {
                    idlest = &worker;
                }
            }
            if (!idlest) {
                return;
            }
            idlest->give(take_tasks(together), core::now());
        }
    }

    // Half of a child's slots, so that it has work while the other half is taken; fewer towards the
    // end, so that the children end together.
    std::uint64_t new_together() const {
        const std::uint64_t rest = (count_ - next_) / (2 * workers_.size());
        return std::clamp<std::uint64_t>(rest, 1, std::max(1, slots_per_worker_ / 2));
    }

    std::vector<std::uint64_t> take_tasks(std::uint64_t number) {
        std::vector<std::uint64_t> tasks;
        for (; number > 0; --number) {
            if (again_.empty()) {
                tasks.push_back(next_++);
            } else {
                tasks.push_back(*again_.begin());
                again_.erase(again_.begin());
            }
        }
        return tasks;
    }

    void wait() {
        std::vector<pollfd> sockets;
        for (const auto& worker : workers_) {
            sockets.push_back({worker.descriptor(), POLLIN, 0});
        }
        constexpr int look_at_clock_ms = 1000;
        if (::poll(sockets.data(), sockets.size(), look_at_clock_ms) < 0 && errno != EINTR) {
            core::fail_system("cannot wait for decoding processes ({}). Start again.",
                              std::strerror(errno));
        }
        const auto now = core::now();
        for (std::size_t i = 0; i < workers_.size(); ++i) {
            const bool has_ended = sockets[i].revents != 0 && !workers_[i].hear();
            const bool is_honest = take_finished(workers_[i], now);
            if (has_ended || !is_honest) {
                restart(workers_[i], false);
            } else if (workers_[i].is_late(now)) {
                restart(workers_[i], true);
            }
        }
    }

    bool take_finished(Worker& worker, core::Instant now) {
        const auto orders = worker.finished(now);
        for (const auto& order : orders.value_or(std::vector<TaskOrder>())) {
            results_[order.task] = {&worker, order.slot, ""};
        }
        return orders.has_value();
    }

    // The task that it was at is to blame; the others are given out again.
    void restart(Worker& worker, bool late) {
        const std::string how = worker.end(late);
        if (worker.running().empty()) {
            core::fail_system("a decoding process ended without a task ({}). Start again.", how);
        }
        const auto culprit = worker.running().front().task;
        for (const auto& order : worker.running()) {
            again_.insert(order.task);
        }
        worker.forget_running();
        if (late || !suspects_.insert(culprit).second) {
            again_.erase(culprit);
            results_[culprit] = {nullptr, 0, how};
        }
        worker.start();
    }

    // Whether there is more to do.
    bool deliver() {
        auto ready = results_.find(delivered_);
        while (ready != results_.end()) {
            const Result result = ready->second;
            results_.erase(ready);
            const auto slot =
                result.worker ? result.worker->slot(result.slot) : std::span<const std::uint8_t>();
            if (!sink_(delivered_, slot, result.crash)) {
                return false;
            }
            if (result.worker) {
                result.worker->free_slot(result.slot);
            }
            ready = results_.find(++delivered_);
        }
        return delivered_ < count_;
    }

    std::uint64_t count_;
    int slots_per_worker_;
    const TaskSink& sink_;
    std::deque<Worker> workers_;
    std::uint64_t next_ = 0, delivered_ = 0;
    std::set<std::uint64_t> again_, suspects_;
    std::map<std::uint64_t, Result> results_;
};

}  // namespace

void run_tasks(std::uint64_t count, const PoolSettings& settings, const TaskWork& work,
               const TaskSink& sink) {
    Pool(count, settings, work, sink).run();
}

}  // namespace graft::data
