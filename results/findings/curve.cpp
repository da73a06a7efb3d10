// SPDX-License-Identifier: Apache-2.0
#include "results/findings/curve.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace graft::results::findings {

namespace {

double curve_value(const sweep::EpochRow& row, Curve curve) {
    return curve == Curve::moving ? row.validation.auc : row.val_auc_reestimated;
}

const Cell* cell_under(const Context& context, const Arm& arm, RateRule rule) {
    const auto rate = rate_for(context, arm, rule);
    return rate ? context.find(arm, *rate) : nullptr;
}

std::size_t shortest(const std::vector<const Cell*>& cells) {
    std::size_t epochs = cells.front()->runs.front().trial->rows.size();
    for (const auto* cell : cells) {
        for (const auto& run : cell->runs) {
            epochs = std::min(epochs, run.trial->rows.size());
        }
    }
    return epochs;
}

EpochMean epoch_mean(const std::vector<const Cell*>& cells, std::size_t epoch, Curve curve) {
    std::vector<double> means, all, steps;
    for (const auto* cell : cells) {
        std::vector<double> values;
        for (const auto& run : cell->runs) {
            values.push_back(curve_value(run.trial->rows[epoch], curve));
            steps.push_back(static_cast<double>(run.trial->rows[epoch].step));
        }
        means.push_back(statistics::summarise(values).mean);
        all = std::move(values);
    }
    return {static_cast<int>(epoch) + 1, statistics::summarise(steps).mean,
            cells.size() > 1 ? statistics::mean_interval(means)
                             : statistics::mean_interval(all, overlap_of(cells.front()->runs)),
            NAN};
}

void add_trend(std::vector<EpochMean>& epochs) {
    for (std::size_t i = 1; i + 1 < epochs.size(); ++i) {
        std::array<double, 3> three{epochs[i - 1].value.estimate, epochs[i].value.estimate,
                                    epochs[i + 1].value.estimate};
        std::sort(three.begin(), three.end());
        epochs[i].trend = three[1];
    }
}

double share(std::int64_t part, std::int64_t whole) {
    return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : NAN;
}

FreezeLevel level_of(const Cell& cell, const Cell* open, Metric metric) {
    const auto& work = cell.runs.front().trial->work;
    FreezeLevel level;
    level.freeze = cell.arm.freeze;
    level.rate = cell.learning_rate;
    level.layers = share(work.frozen_layers, work.layers);
    level.parameters = share(work.parameters - work.trainable_parameters, work.parameters);
    std::vector<double> values, paired, others;
    std::vector<Replicate> pairs;
    for (const auto& run : cell.runs) {
        values.push_back(value_of(run, metric));
        for (const auto& other : open ? open->runs : std::vector<Run>{}) {
            if (other.replicate == run.replicate) {
                paired.push_back(values.back());
                others.push_back(value_of(other, metric));
                pairs.push_back(run.replicate);
            }
        }
    }
    level.value = statistics::mean_interval(values, overlap_of(cell.runs));
    level.against = statistics::paired(paired, others, overlap_of(pairs));
    return level;
}

// 1-based epoch with the best validation AUC, or with the lowest validation loss.
std::pair<double, double> best_epochs(const sweep::Trial& trial) {
    std::size_t by_auc = 0, by_loss = 0;
    for (std::size_t i = 0; i < trial.rows.size(); ++i) {
        by_auc = trial.rows[i].validation.auc > trial.rows[by_auc].validation.auc ? i : by_auc;
        by_loss = trial.rows[i].validation.loss < trial.rows[by_loss].validation.loss ? i : by_loss;
    }
    return {static_cast<double>(by_auc) + 1, static_cast<double>(by_loss) + 1};
}

Overfitting overfitting(const Context& context, const Cell& cell) {
    Overfitting result{&context, cell.arm, cell.learning_rate, 0, {}, {}, {}};
    std::vector<double> best, falls, loss;
    for (const auto& run : cell.runs) {
        const auto& rows = run.trial->rows;
        if (rows.empty()) {
            continue;
        }
        result.epochs = std::max(result.epochs, std::ssize(rows));
        const auto [by_auc, by_loss] = best_epochs(*run.trial);
        best.push_back(by_auc);
        loss.push_back(by_loss);
        falls.push_back(rows[static_cast<std::size_t>(by_auc) - 1].validation.auc -
                        rows.back().validation.auc);
    }
    const auto overlap = overlap_of(cell.runs);
    result.best_epoch = statistics::mean_interval(best, overlap);
    result.loss_best_epoch = statistics::mean_interval(loss, overlap);
    result.fall = statistics::mean_interval(falls, overlap);
    return result;
}

}  // namespace

std::optional<MeanCurve> mean_curve(const std::vector<Context>& contexts,
                                    const std::string& dataset, const Arm& arm, RateRule rule,
                                    Curve curve) {
    std::vector<const Cell*> cells;
    for (const auto& context : contexts) {
        if (context.dataset == dataset) {
            if (const auto* cell = cell_under(context, arm, rule)) {
                cells.push_back(cell);
            }
        }
    }
    if (cells.empty()) {
        return std::nullopt;
    }
    MeanCurve result{dataset,      arm, curve, cells.size() > 1 ? Over::networks : Over::replicates,
                     cells.size(), 0,   {}};
    for (const auto* cell : cells) {
        result.trials += cell->runs.size();
    }
    const std::size_t epochs = shortest(cells);
    for (std::size_t epoch = 0; epoch < epochs; ++epoch) {
        result.epochs.push_back(epoch_mean(cells, epoch, curve));
    }
    const bool any = std::any_of(result.epochs.begin(), result.epochs.end(),
                                 [](const auto& e) { return !std::isnan(e.value.estimate); });
    add_trend(result.epochs);
    return any ? std::optional(std::move(result)) : std::nullopt;
}

std::vector<FreezeCurve> freeze_curves(const std::vector<Context>& contexts, RateRule rule,
                                       Metric metric) {
    std::vector<FreezeCurve> curves;
    for (const auto& context : contexts) {
        std::map<std::string, FreezeCurve> by_init;
        for (const auto& arm : context.arms()) {
            const Cell* cell = cell_under(context, arm, rule);
            if (!cell || arm.init == "random" || arm.init == "mean_var" || arm.transfer < 100) {
                continue;
            }
            const Cell* open = cell_under(context, {arm.init, 0, arm.transfer}, rule);
            auto& curve = by_init[arm.init];
            curve.levels.push_back(level_of(*cell, open, metric));
        }
        for (auto& [init, curve] : by_init) {
            if (curve.levels.size() > 1) {
                curve.context = &context;
                curve.init = init;
                curves.push_back(std::move(curve));
            }
        }
    }
    return curves;
}

std::vector<Overfitting> overfitting_of(const std::vector<Context>& contexts,
                                        const std::vector<Arm>& arms, RateRule rule) {
    std::vector<Overfitting> found;
    for (const auto& context : contexts) {
        for (const auto& arm : arms) {
            if (const auto* cell = cell_under(context, arm, rule)) {
                found.push_back(overfitting(context, *cell));
            }
        }
    }
    return found;
}

}  // namespace graft::results::findings
