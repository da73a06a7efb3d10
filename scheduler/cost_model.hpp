// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sweep/record.hpp"

#include "scheduler/queue.hpp"

namespace graft::scheduler {

// Seconds per multiply-add, learned from recorded training. Asked for a class on a kind of device
// it answers from what is nearest to it: the class there, the network there, the device, anything.
// An exponential mean over a handful of saves, so that a changed machine is followed.
class CostModel {
  public:
    void learn(const TrialClass& trials, const std::string& device, double multiply_adds,
               double seconds);
    // Learns from every finished trial of the record.
    void learn(const sweep::Record& record);
    // Nothing before anything has been learned.
    std::optional<double> seconds_per_multiply_add(const TrialClass& trials,
                                                   const std::string& device) const;
    // For comparing classes: as above, 1 for all before anything has been learned.
    double weight(const TrialClass& trials, const std::string& device) const;

  private:
    std::map<std::string, double> rates_;
};

}  // namespace graft::scheduler
