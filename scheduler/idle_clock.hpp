// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/clock.hpp"

namespace graft::scheduler {

// Why slots idle, if they do.
enum class IdleFor : std::uint8_t { data, nothing_left, held_back };

// How long each slot idled, and why: all that idle at one time do so for one reason. Each step
// costs the same for any number of slots.
class IdleClock {
  public:
    explicit IdleClock(std::size_t slots) : since_(slots), sum_(slots), busy_(slots) {}

    void pass(core::Seconds time) { so_far_[static_cast<std::size_t>(reason_)] += time; }
    // From now on.
    void reason(IdleFor reason) { reason_ = reason; }
    void begin_work(std::size_t slot) {
        add(slot);
        busy_[slot] = true;
        ++busy_count_;
    }
    void end_work(std::size_t slot) {
        since_[slot] = so_far_;
        busy_[slot] = false;
        --busy_count_;
    }
    bool any_idle() const { return busy_count_ < busy_.size(); }
    core::Seconds idled(std::size_t slot, IdleFor reason) {
        if (!busy_[slot]) {
            add(slot);
        }
        return sum_[slot][static_cast<std::size_t>(reason)];
    }

  private:
    using Times = std::array<core::Seconds, 3>;
    void add(std::size_t slot) {
        for (std::size_t i = 0; i < so_far_.size(); ++i) {
            sum_[slot][i] += so_far_[i] - since_[slot][i];
        }
        since_[slot] = so_far_;
    }

    IdleFor reason_ = IdleFor::held_back;
    Times so_far_{};            // time with each reason
    std::vector<Times> since_;  // of that, when the slot's idle time was last added up
    std::vector<Times> sum_;
    std::vector<bool> busy_;
    std::size_t busy_count_ = 0;
};

}  // namespace graft::scheduler
