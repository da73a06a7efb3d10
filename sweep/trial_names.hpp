// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>

#include "sweep/trial.hpp"

namespace graft::sweep {

// How the trials of one sweep are called in words. Of the [training] keys a name says those in
// which trials differ that have network, dataset and init in common: of a search its learning
// rate, but not one that belongs to a network or a dataset.
class TrialNames {
  public:
    TrialNames() = default;
    // Of anything with a `spec`.
    template <class Trials>
    explicit TrialNames(const Trials& trials) {
        for (const auto& trial : trials) {
            note(trial.spec);
        }
    }

    void note(const TrialSpec& spec);

    // "mobilenet, retina, imagenet, freeze 50, learning_rate 0.001, seed 1, fold 2 of 5"
    std::string of(const TrialSpec& spec) const;
    // Some trials of an arm differ in such keys.
    bool any() const { return !differing_.empty(); }
    // "learning_rate 0.001, dropout 0.5"; empty without any.
    std::string settings_of(const TrialSpec& spec) const;
    // What comes behind the freeze level: "learning_rate 0.001, seed 1, fold 2 of 5".
    std::string end_of(const TrialSpec& spec) const;

  private:
    using Arm = std::tuple<std::string, std::string, std::string>;  // network, dataset, init

    std::map<Arm, TrialSpec> first_;          // trial of each
    TrialSpec last_;                          // that was noted
    std::set<const TrainingKey*> differing_;  // in the order of the table of keys
};

}  // namespace graft::sweep
