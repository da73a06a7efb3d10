// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "sweep/record.hpp"

#include "scheduler/run.hpp"

namespace graft::scheduler {

// Trials of one class take the same seconds per multiply-add.
struct TrialClass {
    Need need;
    std::string network;
    double freeze = 0;
    std::int32_t slots = 1;  // that one trial takes
    auto operator<=>(const TrialClass&) const = default;
};
TrialClass class_of(const sweep::Trial& trial);

// Multiply-adds that a trial has still to do, from its last recorded position.
double remaining_multiply_adds(const sweep::Trial& trial);

// The waiting trials. Few classes, each in order: picking looks at the heads only, so a million
// trials cost no more than a thousand.
class Queue {
  public:
    struct Item {
        double work = 0;        // multiply-adds
        std::size_t place = 0;  // in the record: the earlier first when equal
        sweep::TrialId trial;
        bool operator<(const Item& other) const {
            return work != other.work ? work > other.work : place < other.place;
        }
    };
    void insert(const sweep::Trial& trial, std::size_t place);
    void erase(const sweep::TrialId& trial);
    bool contains(const sweep::TrialId& trial) const { return where_.count(trial) > 0; }
    bool empty() const { return where_.empty(); }
    std::size_t size() const { return where_.size(); }
    const std::map<TrialClass, std::set<Item>>& classes() const { return classes_; }

  private:
    std::map<TrialClass, std::set<Item>> classes_;  // no empty sets
    std::map<sweep::TrialId, std::pair<TrialClass, Item>> where_;
};

}  // namespace graft::scheduler
