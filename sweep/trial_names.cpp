// SPDX-License-Identifier: Apache-2.0
#include "sweep/trial_names.hpp"

#include <fmt/format.h>

#include "core/text.hpp"

#include "sweep/network_name.hpp"

namespace graft::sweep {

void TrialNames::note(const TrialSpec& spec) {
    if (spec.shares(last_)) {
        return;
    }
    last_ = spec;
    const auto [found, is_new] =
        first_.try_emplace({spec->network, spec->dataset, spec->init_text}, spec);
    const Training& first = found->second->training;
    if (is_new || first == spec->training) {
        return;
    }
    for (const auto& key : training_keys()) {
        if (key.value(first) != key.value(spec->training)) {
            differing_.insert(&key);
        }
    }
}

std::string TrialNames::of(const TrialSpec& spec) const {
    return fmt::format("{}, {}, {}, freeze {}, {}", network_label(spec->network), spec->dataset,
                       spec->init_text, core::shortest(spec.freeze), end_of(spec));
}

std::string TrialNames::settings_of(const TrialSpec& spec) const {
    std::vector<std::string> settings;
    for (const auto* key : differing_) {
        settings.push_back(fmt::format("{} {}", key->name, text_of(key->value(spec->training))));
    }
    return core::join(settings);
}

std::string TrialNames::end_of(const TrialSpec& spec) const {
    const auto settings = settings_of(spec);
    return settings + (settings.empty() ? "" : ", ") + replicate_text(spec);
}

}  // namespace graft::sweep
