// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/record.hpp"

#include "results/comparison.hpp"

namespace graft::commands {

// What is said of trials that were trained again.
enum class VerdictKind : std::uint8_t {
    equal,
    differs,       // under equal numerics, which promise equal numbers
    incomparable,  // differs, but so do the numerics
};

struct Verdict {
    VerdictKind kind = VerdictKind::equal;
    std::string trial;
    std::size_t epochs = 0;  // that were recorded
    bool has_files = true;   // the result has; not where it diverged in the first epoch
    results::TrialComparison comparison;
    std::vector<std::string> recorded_numerics;  // of its saves
    std::string numerics;                        // of this time
    bool best_changed = false;  // the sweep's best.h5 does not have its recorded content
    std::string failed;         // why it could not be trained to a result this time
    std::string kept;           // where it was trained; empty: removed
};

// `recorded` must have a result, `again` must have ended.
Verdict verdict_of(const sweep::Trial& recorded, const sweep::Trial& again, bool best_changed);
bool all_equal(const std::vector<Verdict>& verdicts);

// One line, and a second one where something is kept.
std::string verdict_text(const Verdict& verdict);
// Said first: what is trained again, and what that took when it was recorded.
std::string cost_text(const sweep::Record& record, const std::vector<const sweep::Trial*>& trials,
                      bool all, bool named);
// Said last; nothing for one trial.
std::string summary_text(const std::vector<Verdict>& verdicts);

}  // namespace graft::commands
