// SPDX-License-Identifier: Apache-2.0
#include "sweep/cohort.hpp"

namespace graft::sweep {

std::string cohort_key(const TrialSpec& spec) {
    static const Training defaults;
    thread_local TrialSpec common;  // kept: its texts need no memory of their own each time
    common = spec;
    common.freeze = 0;
    common.training.learning_rate = defaults.learning_rate;
    common.training.warmup_learning_rate = defaults.warmup_learning_rate;
    common.training.dropout = defaults.dropout;
    common.training.best_by = defaults.best_by;
    return canonical_text(common);
}

std::string warmup_key(const TrialSpec& spec) {
    if (!has_warmup(spec)) {
        return "";
    }
    TrialSpec warmup = spec;
    warmup.freeze = 0;
    warmup.training.learning_rate = warmup_rate(spec);
    warmup.training.warmup_learning_rate = Training{}.warmup_learning_rate;
    return canonical_text(warmup);
}

double warmup_rate(const TrialSpec& spec) {
    const auto& training = spec.training;
    return training.warmup_learning_rate > 0 ? training.warmup_learning_rate
                                             : training.learning_rate;
}

}  // namespace graft::sweep
