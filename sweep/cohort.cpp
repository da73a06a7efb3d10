// SPDX-License-Identifier: Apache-2.0
#include "sweep/cohort.hpp"

#include <utility>

#include "sweep/by_settings.hpp"

namespace graft::sweep {

std::string cohort_key(const TrialSpec& spec) {
    thread_local BySettings<TrialSpec> kept;
    TrialSpec common = kept.of(spec, [](TrialSettings settings) {
        static const Training defaults;
        settings.training.learning_rate = defaults.learning_rate;
        settings.training.warmup_learning_rate = defaults.warmup_learning_rate;
        settings.training.dropout = defaults.dropout;
        settings.training.best_by = defaults.best_by;
        settings.training.optimizer = defaults.optimizer;
        settings.training.update = defaults.update;
        settings.training.schedule = defaults.schedule;
        settings.training.loss = defaults.loss;
        return TrialSpec(std::move(settings));
    });
    common.freeze = 0;
    common.seed = spec.seed;
    return canonical_text(common);
}

std::string warmup_key(const TrialSpec& spec) {
    if (!has_warmup(spec)) {
        return "";
    }
    TrialSpec warmup = spec;
    warmup.freeze = 0;
    auto& training = warmup.edit().training;
    training.learning_rate = warmup_rate(spec);
    const Training defaults;
    training.warmup_learning_rate = defaults.warmup_learning_rate;
    training.schedule = defaults.schedule;
    training.update.bottom_rate = defaults.update.bottom_rate;
    return canonical_text(warmup);
}

double warmup_rate(const TrialSpec& spec) {
    const auto& training = spec->training;
    return training.warmup_learning_rate > 0 ? training.warmup_learning_rate
                                             : training.learning_rate;
}

}  // namespace graft::sweep
