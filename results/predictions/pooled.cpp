// SPDX-License-Identifier: Apache-2.0
#include "results/predictions/pooled.hpp"

#include "core/error.hpp"
#include "core/text.hpp"

namespace graft::results::predictions {

namespace {

template <class T>
void append(std::vector<T>& whole, const std::vector<T>& more) {
    whole.insert(whole.end(), more.begin(), more.end());
}

}  // namespace

void pool(Part& whole, const Part& more) {
    append(whole.ids, more.ids);
    append(whole.groups, more.groups);
    append(whole.labels, more.labels);
    append(whole.scores, more.scores);
}

void pool(Predictions& whole, const Predictions& more) {
    if (whole.classes != more.classes) {
        core::fail_input("predictions of folds have the classes {} and {} (the same expected)",
                         core::join(whole.classes), core::join(more.classes));
    }
    pool(whole.validation, more.validation);
    pool(whole.test, more.test);
    whole.features.clear();
    whole.feature_rows.clear();
    whole.feature_width = 0;
}

}  // namespace graft::results::predictions
