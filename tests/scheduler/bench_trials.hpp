// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "sweep/event.hpp"

namespace graft::tests {

// Trials of one class with seeds 1, 2, ..., the first the longest.
inline std::vector<sweep::PlannedTrial> bench_trials(int count, const std::string& dataset) {
    std::vector<sweep::PlannedTrial> planned;
    for (int i = 1; i <= count; ++i) {
        sweep::PlannedTrial trial;
        trial.spec.edit().network = "net";
        trial.spec.edit().dataset = dataset;
        trial.spec.edit().dataset_fingerprint = "print-" + dataset;
        trial.spec.edit().init_text = "random";
        trial.spec.seed = i;
        trial.work.image_size = 32;
        trial.work.epochs = 50;
        trial.work.multiply_adds = 1e6 * (count - i + 1);
        trial.work.train_images = 100;
        trial.work.evaluated_images = 10;
        planned.push_back(trial);
    }
    return planned;
}

}  // namespace graft::tests
