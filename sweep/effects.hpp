// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <utility>

#include "sweep/training.hpp"

namespace graft::sweep {

// A [training] value as it stands in a sweep file: the entry of its key, and which of the entry's
// values.
struct Written {
    const core::Entry* entry = nullptr;
    std::size_t number = 0;
};

// Which values of a sweep file count, of keys that count only beside certain values of others
// (TrainingKey::counts). One that is passed over in some points of the grid may count in others;
// one that counts nowhere is a mistake.
class Effects {
  public:
    // Of a point with this training, one of whose values was written there.
    void note(const TrainingKey& key, const Training& training, const Written& written);
    // Throws InputError for the first value that counts nowhere, unless it is the key's default.
    void check() const;

  private:
    struct Seen {
        const TrainingKey* key = nullptr;
        const core::Entry* entry = nullptr;
        TrainingValue value;
        bool counted = false;
    };
    std::map<std::pair<const core::Entry*, std::size_t>, std::size_t> places_;
    std::vector<Seen> seen_;  // in the order in which they were noted
};

// Gives keys that do not count beside the others their default: points that differ in such keys
// alone are one trial.
void forget_idle(Training& training);

}  // namespace graft::sweep
