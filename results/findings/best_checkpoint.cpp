// SPDX-License-Identifier: Apache-2.0
#include "results/findings/best_checkpoint.hpp"

#include <algorithm>

#include "sweep/metrics.hpp"

namespace graft::results::findings {

namespace {

BestCheckpoint& entry(std::vector<BestCheckpoint>& found, const std::string& dataset,
                      const std::string& init) {
    const auto place = std::find_if(found.begin(), found.end(), [&](const BestCheckpoint& best) {
        return best.dataset == dataset && best.init == init;
    });
    return place != found.end() ? *place : found.emplace_back(BestCheckpoint{dataset, init});
}

}  // namespace

bool is_control(const Arm& arm) {
    const bool from_scratch = arm.init == "random" || arm.init == "mean_var";
    return arm.transfer < 100 || (from_scratch && arm.freeze > 0);
}

bool is_better(const Run& a, const Run& b) {
    return sweep::better(a.trial->spec->training.best_by, a.result().best->validation,
                         b.result().best->validation);
}

std::vector<const BestCheckpoint*> best_of_datasets(const std::vector<BestCheckpoint>& best) {
    std::vector<const BestCheckpoint*> found;
    for (const auto& one : best) {
        if (found.empty() || found.back()->dataset != one.dataset) {
            found.push_back(&one);
        } else if (is_better(*one.run, *found.back()->run)) {
            found.back() = &one;
        }
    }
    return found;
}

std::vector<BestCheckpoint> best_checkpoints(const std::vector<Context>& contexts) {
    std::vector<BestCheckpoint> found;
    for (const auto& dataset : datasets_of(contexts)) {
        for (const auto& context : contexts) {
            if (context.dataset != dataset) {
                continue;
            }
            for (const auto& cell : context.cells) {
                if (is_control(cell.arm) || cell.runs.empty()) {
                    continue;
                }
                auto& best = entry(found, dataset, cell.arm.init);
                best.candidates += cell.runs.size();
                for (const auto& run : cell.runs) {
                    if (!best.run || is_better(run, *best.run)) {
                        best.run = &run;
                        best.context = &context;
                    }
                }
            }
        }
    }
    return found;
}

}  // namespace graft::results::findings
