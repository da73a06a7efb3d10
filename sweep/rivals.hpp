// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "sweep/findings_settings.hpp"
#include "sweep/stopping.hpp"

namespace graft::sweep {

// Whom the rule of [stopping] may stop in a grid, and who competes with whom.
class Rivals {
  public:
    Rivals() = default;  // nothing is stopped
    // Of the trials of the grid, which are numbered as they stand in `specs`. `family`: [findings].
    Rivals(StoppingSettings settings, std::vector<NamedContrast> family,
           const std::vector<const TrialSpec*>& specs);

    const StoppingSettings& settings() const { return settings_; }
    // It is on one side of a comparison of the family whose other side is there, too.
    bool is_confirmatory(const TrialSpec& spec) const;
    // The rule as it holds for a trial: none for one that is confirmatory, unless they are asked
    // in.
    StoppingSettings settings_for(const TrialSpec& spec) const;
    // Numbers of those that compete with a trial of the grid, itself included; ASHA only.
    const std::vector<std::size_t>& of(const TrialSpec& spec) const;
    const std::unordered_map<std::string, std::vector<std::size_t>>& groups() const {
        return groups_;
    }

  private:
    using Arm = std::tuple<std::string, std::string, std::string, double>;
    static Arm arm_of(const TrialSpec& spec, const Side& side);

    StoppingSettings settings_;
    std::vector<NamedContrast> family_;
    std::set<Arm> arms_;  // those of the grid that the family could name
    std::unordered_map<std::string, std::vector<std::size_t>> groups_;
};

}  // namespace graft::sweep
