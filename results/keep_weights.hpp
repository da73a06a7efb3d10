// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/record.hpp"

namespace graft::results {

// Which weights of finished trials are kept: all, none, or the best of each group of trials that
// agree in some columns of /trials.
struct WeightRule {
    enum class Keep { all, best_per, none };
    Keep keep = Keep::all;
    std::vector<std::string> columns;  // of best_per; never empty then
};

// "all", "none", "best_per:network,dataset". Throws InputError for anything else.
WeightRule parse_weight_rule(const std::string& text);

// Trials of the sweep (none that is left out) that have weights which the rule does not keep. The
// best of a group is chosen on validation, as their [training] best_by says; ties: the lower
// validation loss, then the earlier in the plan. Throws InputError for an unknown column, and when
// trials of one group do not agree in best_by.
std::vector<sweep::TrialId> weights_to_free(const sweep::Record& record, const WeightRule& rule);

}  // namespace graft::results
