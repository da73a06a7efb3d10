// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "sweep/event.hpp"
#include "sweep/message.hpp"

#include "scheduler/run.hpp"

namespace graft::scheduler {

// What decisions want done. One rule orders it all: a message leaves only when every event emitted
// before it is synced in the journal, so no rank ever learns of anything that a crash of the
// coordinator could make untrue. Messages keep their order.
//
// Nobody waits for the record of an attempt's beginning on its device: alone it is worth no sync,
// and goes with what comes next, or with the next tick.
class Outbox {
  public:
    void emit(sweep::Event event) {
        hurries_ = hurries_ || !std::holds_alternative<sweep::AttemptBegun>(event);
        events_.push_back(std::move(event));
        ++emitted_;
    }
    void send(sweep::Rank to, sweep::ToWorker message) {
        auto& last = waiting_.emplace_back();
        last.to = to;
        last.message = std::move(message);
        last.after = emitted_;
        hurries_ = hurries_ || !events_.empty();
    }
    void prepare(Need need) { needs_.push_back(std::move(need)); }

    // The events since the last call, in order, to be written as they are; nothing while nobody
    // waits for any of them.
    std::vector<sweep::Event> take_events() {
        return hurries_ ? take_all_events() : std::vector<sweep::Event>();
    }
    std::vector<sweep::Event> take_all_events() {
        hurries_ = false;
        return std::exchange(events_, {});
    }
    std::vector<Need> take_needs() { return std::exchange(needs_, {}); }
    // So many more events, in the order of take_events(), are synced.
    void acknowledge(std::uint64_t count) { synced_ += count; }
    // Messages that may leave now.
    std::vector<std::pair<sweep::Rank, sweep::ToWorker>> take_messages() {
        std::vector<std::pair<sweep::Rank, sweep::ToWorker>> ready;
        while (!waiting_.empty() && waiting_.front().after <= synced_) {
            ready.emplace_back(waiting_.front().to, std::move(waiting_.front().message));
            waiting_.pop_front();
        }
        return ready;
    }
    bool all_synced() const { return events_.empty() && emitted_ == synced_; }

  private:
    struct Waiting {
        sweep::Rank to;
        sweep::ToWorker message;
        std::uint64_t after = 0;  // events emitted before it
    };
    std::vector<sweep::Event> events_;
    std::deque<Waiting> waiting_;
    std::vector<Need> needs_;
    std::uint64_t emitted_ = 0, synced_ = 0;
    bool hurries_ = false;
};

}  // namespace graft::scheduler
