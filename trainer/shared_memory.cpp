// SPDX-License-Identifier: Apache-2.0
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "trainer/exchange.hpp"

namespace graft::trainer {

namespace {

// Where the replicas show one another what they send.
class Table {
  public:
    explicit Table(int count) : sent_(static_cast<std::size_t>(count)) {}

    int count() const { return static_cast<int>(sent_.size()); }

    // `read` is called when everybody's tensor is here; returns when everybody has read.
    void meet(int index, const at::Tensor& sent,
              const std::function<void(const std::vector<at::Tensor>&)>& read) {
        sent_[static_cast<std::size_t>(index)] = sent;
        wait_for_all();
        read(sent_);
        wait_for_all();
    }

    void abort() {
        const std::lock_guard lock(mutex_);
        broken_ = true;
        changed_.notify_all();
    }

    void check() {
        const std::lock_guard lock(mutex_);
        throw_if_broken();
    }

  private:
    void throw_if_broken() const {
        if (broken_) {
            throw ExchangeBroken();
        }
    }

    void wait_for_all() {
        std::unique_lock lock(mutex_);
        throw_if_broken();
        if (++here_ == count()) {
            here_ = 0;
            ++round_;
            changed_.notify_all();
            return;
        }
        changed_.wait(lock, [this, round = round_] { return broken_ || round_ != round; });
        throw_if_broken();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    int here_ = 0;
    std::uint64_t round_ = 0;
    bool broken_ = false;
    std::vector<at::Tensor> sent_;  // each written by its replica while the others wait
};

class SharedMemory final : public Exchange {
  public:
    SharedMemory(std::shared_ptr<Table> table, int index)
        : table_(std::move(table)), index_(index) {}

    int index() const override { return index_; }
    int count() const override { return table_->count(); }

    void all_to_all(const at::Tensor& send, const at::Tensor& receive) override {
        table_->meet(index_, send, [&](const std::vector<at::Tensor>& sent) {
            for (int i = 0; i < count(); ++i) {
                receive.select(0, i).copy_(sent[static_cast<std::size_t>(i)].select(0, index_));
            }
        });
    }

    void all_gather(const at::Tensor& send, const at::Tensor& receive) override {
        table_->meet(index_, send, [&](const std::vector<at::Tensor>& sent) {
            for (int i = 0; i < count(); ++i) {
                receive.select(0, i).copy_(sent[static_cast<std::size_t>(i)]);
            }
        });
    }

    void beside(const std::function<void()>& work) override { work(); }
    void join() override {}
    void check() override { table_->check(); }
    void abort() override { table_->abort(); }

  private:
    std::shared_ptr<Table> table_;
    int index_;
};

}  // namespace

std::vector<std::unique_ptr<Exchange>> shared_memory(int count) {
    const auto table = std::make_shared<Table>(count);
    std::vector<std::unique_ptr<Exchange>> ends;
    for (int i = 0; i < count; ++i) {
        ends.push_back(std::make_unique<SharedMemory>(table, i));
    }
    return ends;
}

}  // namespace graft::trainer
