// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "sweep/record.hpp"

#include "scheduler/cohort_work.hpp"
#include "scheduler/run.hpp"

namespace graft::scheduler {

// Trials, or cohorts, of one class take the same seconds per multiply-add.
struct TrialClass {
    Need need;
    std::string network;
    std::optional<double> freeze = 0;  // none: a cohort of several, whatever its members' levels
    std::int32_t slots = 1;            // that one trial takes
    auto operator<=>(const TrialClass&) const = default;
};
// A class as numbers, made once: a cost model is asked for every class that waits whenever a slot
// is free. Equal for what one rate is learned from.
struct ClassKey {
    std::uint64_t its_class = 0, network = 0;
};
ClassKey key_of(const TrialClass& trials);

TrialClass class_of(const sweep::Trial& trial);
// Of a cohort: that of its only member, or of its network's cohorts.
TrialClass class_of(const std::vector<const sweep::Trial*>& members);

// Multiply-adds that a trial has still to do alone, from its last recorded position.
double remaining_multiply_adds(const sweep::Trial& trial);

// The waiting trials. Few classes, each in order: picking looks at the heads only, so a million
// trials cost no more than a thousand. Trials of one company could be one cohort: they stand in the
// queue as one item.
class Queue {
  public:
    struct Item {
        double work = 0;        // multiply-adds, of all members together
        std::size_t place = 0;  // in the record: the earlier first when equal
        sweep::TrialId trial;   // the member with the least frozen
        std::uint64_t company = 0;
        double alone = 0;  // multiply-adds of that member alone: as short as the item can be made
        bool operator<(const Item& other) const {
            return work != other.work ? work > other.work : place < other.place;
        }
    };
    // What waits of one class.
    struct Waiting {
        std::set<Item> items;  // never empty
        double work = 0;       // multiply-adds of all items
        ClassKey key;
        std::size_t need = 0;  // equal numbers: equal needs
    };
    // `company`: equal for trials that could be one cohort (scheduler/company.hpp).
    void insert(const sweep::Trial& trial, std::size_t place, std::uint64_t company);
    void erase(const sweep::TrialId& trial);
    bool contains(const sweep::TrialId& trial) const { return where_.count(trial) > 0; }
    bool empty() const { return where_.empty(); }
    std::size_t size() const { return where_.size(); }  // trials
    const std::map<TrialClass, Waiting>& classes() const { return classes_; }
    // The number of a need that any trial had.
    std::optional<std::size_t> number_of(const Need& need) const;
    // The trials of an item, those with the least frozen first.
    std::vector<sweep::TrialId> members(const Item& item) const;
    // The item that a waiting trial is in.
    const Item& item_of(const sweep::TrialId& trial) const;

  private:
    struct Order {
        double frozen = 0;
        std::size_t place = 0;
        auto operator<=>(const Order&) const = default;
    };
    struct Company {
        TrialClass its_class;  // of its item
        Item item;
        Ahead ahead;
        double whole = 0, frozen = 0;  // multiply-adds of one image; the second summed over members
        std::map<Order, std::pair<sweep::TrialId, double>> members;  // with freeze levels
    };
    struct Where {
        std::uint64_t company = 0;
        Order order;
    };
    void take_out(const Company& company);
    void put_in(std::uint64_t key, Company& company);

    std::map<TrialClass, Waiting> classes_;
    std::map<Need, std::size_t> needs_;
    std::unordered_map<std::uint64_t, Company> companies_;
    std::unordered_map<sweep::TrialId, Where> where_;
};

}  // namespace graft::scheduler
