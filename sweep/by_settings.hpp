// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unordered_map>
#include <utility>

#include "sweep/trial.hpp"

namespace graft::sweep {

// What was made of some trials' settings, for the next trial that shares them. It keeps them, so
// that they are what they were; a few thousand, then it begins anew. For one thread.
template <class T>
class BySettings {
  public:
    // The reference lives until the next call.
    template <class Make>
    const T& of(const TrialSpec& spec, const Make& make) {
        const auto found = kept_.find(&spec.settings());
        if (found != kept_.end()) {
            return found->second.second;
        }
        if (kept_.size() >= kMost) {
            kept_.clear();
        }
        return kept_.try_emplace(&spec.settings(), spec, make(spec.settings()))
            .first->second.second;
    }

  private:
    static constexpr std::size_t kMost = 4096;

    std::unordered_map<const TrialSettings*, std::pair<TrialSpec, T>> kept_;
};

}  // namespace graft::sweep
