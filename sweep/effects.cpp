// SPDX-License-Identifier: Apache-2.0
#include "sweep/effects.hpp"

#include "core/error.hpp"

namespace graft::sweep {

void Effects::note(const TrainingKey& key, const Training& training, const Written& written) {
    if (!key.counts) {
        return;
    }
    const auto [place, is_new] = places_.try_emplace({written.entry, written.number}, seen_.size());
    if (is_new) {
        seen_.push_back({&key, written.entry, key.value(training), false});
    }
    Seen& seen = seen_[place->second];
    seen.counted = seen.counted || key.counts(training);
}

void Effects::check() const {
    static const Training usual;
    for (const Seen& seen : seen_) {
        if (!seen.counted && seen.value != seen.key->value(usual)) {
            core::fail_input(
                "{}: '{}' is {} (that has no effect here: it counts with {}). Add that, or leave "
                "'{}' out.",
                seen.entry->value.place.text(), seen.key->name, text_of(seen.value),
                seen.key->counts_with, seen.key->name);
        }
    }
}

void forget_idle(Training& training) {
    for (const auto& key : training_keys()) {
        if (key.counts && !key.counts(training)) {
            key.forget(training);
        }
    }
}

}  // namespace graft::sweep
