// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "results/filter.hpp"
#include "results/pairing.hpp"
#include "results/table.hpp"

namespace graft::results {

// Two sweeps, trial by trial: what is asked.
struct PairQuestion {
    std::optional<std::vector<std::string>> but;  // as pair_trials()
    std::vector<std::string> values;              // numbers that are compared
    std::vector<std::string> group_by;  // empty: network, dataset, init, freeze, what else varies
    std::vector<Filter> where, where_first, where_second;
};

// What the second side gives more than the first.
struct PairAnswer {
    // One row for each group: its columns, n (replicates: seeds, divisions of the data and folds),
    // pairs where they are more, and of each value <value>_first and <value>_second (means over the
    // pairs), <value>_difference_mean, _sd, _low and _high (second less first, 95 %, Student's over
    // the replicates, corrected where these are folds; a replicate is the mean of its pairs) and
    // <value>_p_holm (paired t test, over folds the corrected resampled one, adjusted for the
    // table's rows). A pair counts when both sides have the number.
    Table differences;
    // Trials without a partner: side, then the columns of groups, trials, seeds.
    Table unpaired;
    // Each of them: side, trial, the columns of groups, seed, state.
    Table unpaired_trials;
    std::vector<std::string> notes;
};

// A sweep's name and its table `trials`; trials that are left out of it do not count.
struct NamedTrials {
    std::string name;
    const Columns& trials;
};
// Throws InputError as pair_trials(), for an unknown column, a text that should be averaged, a
// trial on both sides of one sweep, and where filters leave nothing.
PairAnswer compare(const NamedTrials& first, const NamedTrials& second,
                   const PairQuestion& question);

}  // namespace graft::results
