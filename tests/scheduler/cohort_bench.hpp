// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "scheduler/bench.hpp"

namespace graft::tests {

// Trials that could be one cohort: they differ in their freeze level alone. Of a network of 1e6
// multiply-adds, `freeze` percent of which lie below the cut; 100 training and 10 other images,
// 50 epochs without a warm-up.
inline std::vector<sweep::PlannedTrial> freeze_grid(const std::vector<double>& freezes,
                                                    std::int64_t seed = 1,
                                                    const std::string& dataset = "d") {
    std::vector<sweep::PlannedTrial> planned;
    for (const double freeze : freezes) {
        auto trial = Bench::trials(1, dataset).front();
        trial.spec.seed = seed;
        trial.spec.freeze = freeze;
        trial.work.frozen_multiply_adds = trial.work.multiply_adds * freeze / 100;
        trial.work.trainable_parameters = static_cast<std::int64_t>(1000 * (100 - freeze));
        trial.work.weight_bytes = 400'000;
        planned.push_back(trial);
    }
    return planned;
}
inline const std::vector<double> kFreezes{100, 75, 50, 30, 20, 10, 5};

inline std::vector<double> freezes_of(const sweep::Assign& assign) {
    std::vector<double> freezes;
    for (const auto& member : assign.members) {
        freezes.push_back(member.spec.freeze);
    }
    return freezes;
}

// Several grids of different seeds after each other.
inline std::vector<sweep::PlannedTrial> freeze_grids(int seeds,
                                                     const std::vector<double>& freezes) {
    std::vector<sweep::PlannedTrial> planned;
    for (int seed = 1; seed <= seeds; ++seed) {
        for (auto& trial : freeze_grid(freezes, seed)) {
            planned.push_back(std::move(trial));
        }
    }
    return planned;
}

inline void start_grid(Bench& bench, const std::vector<sweep::PlannedTrial>& planned, int slots) {
    bench.start(planned);
    bench.make_ready();
    for (int rank = 0; rank < bench.state.settings.ranks; ++rank) {
        bench.hello(rank, slots);
    }
}

}  // namespace graft::tests
