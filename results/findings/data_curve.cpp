// SPDX-License-Identifier: Apache-2.0
#include "results/findings/data_curve.hpp"

#include <algorithm>
#include <optional>

#include "results/findings/best_checkpoint.hpp"

namespace graft::results::findings {

namespace {

double mean_of(const Cell& cell, Metric metric) {
    std::vector<double> values;
    for (const auto& run : cell.runs) {
        values.push_back(value_of(run, metric));
    }
    return statistics::summarise(values).mean;
}

// The cell of an init that is best on validation, each freeze level at its rate.
const Cell* best_cell(const Context& context, const std::string& init, RateRule rule,
                      std::size_t& freezes) {
    const Cell* best = nullptr;
    for (const auto& arm : context.arms()) {
        const auto rate =
            arm.init == init && !is_control(arm) ? rate_for(context, arm, rule) : std::nullopt;
        if (!rate) {
            continue;
        }
        ++freezes;
        const Cell* cell = context.find(arm, *rate);
        if (!best || mean_of(*cell, Metric::val_auc) > mean_of(*best, Metric::val_auc)) {
            best = cell;
        }
    }
    return best;
}

std::optional<DataLevel> level_of(const Context& context, const std::string& init, RateRule rule,
                                  Metric metric) {
    DataLevel level;
    const Cell* cell = best_cell(context, init, rule, level.freezes);
    if (!cell) {
        return std::nullopt;
    }
    level.fraction = context.train_fraction;
    level.arm = cell->arm;
    level.rate = cell->learning_rate;
    std::vector<double> values, images;
    for (const auto& run : cell->runs) {
        values.push_back(value_of(run, metric));
        images.push_back(static_cast<double>(run.trial->work.train_images));
    }
    level.images = statistics::summarise(images).mean;
    level.value = statistics::mean_interval(values, overlap_of(cell->runs));
    if (init != kRandom.init) {
        if (const auto effect = effect_of(context, level.arm, kRandom, rule, metric)) {
            level.gain = effect->points;
        }
    }
    return level;
}

DataCurve& curve_of(std::vector<DataCurve>& curves, const Context& context,
                    const std::string& init) {
    const auto found = std::find_if(curves.begin(), curves.end(), [&](const DataCurve& curve) {
        return curve.network == context.network && curve.dataset == context.dataset &&
               curve.variant == context.variant_of_all && curve.init == init;
    });
    return found != curves.end()
               ? *found
               : curves.emplace_back(
                     DataCurve{context.network, context.dataset, context.variant_of_all, init, {}});
}

}  // namespace

std::vector<DataCurve> data_curves(const std::vector<Context>& contexts, RateRule rule,
                                   Metric metric) {
    std::vector<DataCurve> curves;
    for (const auto& context : contexts) {
        std::string done;
        for (const auto& arm : context.arms()) {
            if (arm.init == done || is_control(arm)) {
                continue;  // arms of one init follow one another
            }
            done = arm.init;
            if (auto level = level_of(context, arm.init, rule, metric)) {
                curve_of(curves, context, arm.init).levels.push_back(std::move(*level));
            }
        }
    }
    std::erase_if(curves, [](const DataCurve& curve) { return curve.levels.size() < 2; });
    for (auto& curve : curves) {
        std::sort(curve.levels.begin(), curve.levels.end(),
                  [](const DataLevel& a, const DataLevel& b) { return a.fraction < b.fraction; });
    }
    return curves;
}

}  // namespace graft::results::findings
