// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "sweep/record.hpp"

#include "scheduler/queue.hpp"

namespace graft::scheduler {

// Whose figures an estimate comes from, the nearest first.
enum class LearnedFrom : std::uint8_t { its_class, its_network, its_device, anything };
struct Estimate {
    double seconds_per_multiply_add = 0;
    LearnedFrom from = LearnedFrom::anything;
    std::int64_t figures = 0;  // it was learned from
};

// Seconds per multiply-add, learned from recorded training. Trials that take several slots each are
// taken to be so many times as fast until they were seen. Asked for a class on a kind of device
// it answers from what is nearest to it: the class there, the network there, the device, anything.
// An exponential mean over a handful of saves, so that a changed machine is followed.
class CostModel {
  public:
    void learn(const TrialClass& trials, const std::string& device, double multiply_adds,
               double seconds);
    // Learns from the finished trials of the record, and where asked to from those that are saved
    // only. Seconds of a trial that was trained among others are its share of its cohort's: such
    // are learned from with all members of the cohort, where none was trained in another.
    enum class From : std::uint8_t { finished, saved_too };
    void learn(const sweep::Record& record, From from = From::finished);
    // Nothing before anything has been learned.
    std::optional<Estimate> estimate(const TrialClass& trials, const std::string& device) const;
    std::optional<double> seconds_per_multiply_add(const TrialClass& trials,
                                                   const std::string& device) const;
    // For comparing classes: as above, 1 for each slot's work before anything has been learned.
    double weight(const TrialClass& trials, const std::string& device) const;
    // The same for a class and a device whose keys are known; `slots`: that one trial takes.
    double weight(const ClassKey& trials, std::int32_t slots, std::uint64_t device) const;
    static std::uint64_t key_of_device(const std::string& device);

  private:
    struct Rate {
        double seconds = 0;  // per multiply-add
        std::int64_t figures = 0;
    };
    // Of the nearest level that is known, with that level; null: of none.
    std::pair<const Rate*, LearnedFrom> find(const ClassKey& trials, std::uint64_t device) const;

    std::unordered_map<std::uint64_t, Rate> rates_;
};

}  // namespace graft::scheduler
