// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

#include "core/enum_table.hpp"

#include "sweep/record.hpp"

#include "results/statistics/interval.hpp"

namespace graft::results::findings {

// What can be compared with what: a sweep's ended trials in the order of an experiment.

// How a trial's base started and how much of it was trained.
struct Arm {
    std::string init;       // as in the sweep file
    double freeze = 0;      // percent of layers
    double transfer = 100;  // percent of layers
    auto operator<=>(const Arm&) const = default;
};
// "random", "imagenet, 50 % frozen", "imagenet, 50 % transferred"
std::string text_of(const Arm& arm);
const Arm kRandom{"random", 0, 100};

// What makes two trials of different arms a pair: the same division of the data and the same fold
// of it, and the same seed (so the same batches, and the same random weights where both have some).
struct Replicate {
    std::int64_t split_seed = 0, seed = 1;
    std::int32_t fold = 0, folds = 0;  // this one of so many; 0: no folds
    auto operator<=>(const Replicate&) const = default;
};
// How much of one another they know: nothing unless they lie on several folds.
statistics::Overlap overlap_of(const std::vector<Replicate>& replicates);

// A trial that left a result with numbers: done, stopped, or diverged after a first checkpoint.
struct Run {
    Replicate replicate;
    const sweep::Trial* trial = nullptr;
    const sweep::TrialResult& result() const;
};

statistics::Overlap overlap_of(const std::vector<Run>& runs);

// Trials that differ in their replicate alone.
struct Cell {
    Arm arm;
    double learning_rate = 0;
    std::vector<Run> runs;      // by replicate; each once
    std::int64_t diverged = 0;  // of `runs`
    std::int64_t stopped = 0;   // of `runs`
    std::int64_t failed = 0;    // given up, or diverged before the first checkpoint
    std::int64_t unfinished = 0;
};

// Trials of one network on one dataset that differ in arm, learning rate and replicate alone.
struct Context {
    std::string network, dataset;
    std::string variant;  // "dropout 0.2, image_size 96": the other settings that vary; mostly ""
    std::vector<Cell> cells;  // by arm, then learning rate
    double train_fraction = 1;
    std::string variant_of_all = {};  // the variant without its train_fraction

    const Cell* find(const Arm& arm, double learning_rate) const;
    std::vector<Arm> arms() const;  // with runs
    bool has(const Arm& arm) const { return !rates(arm).empty(); }
    std::vector<double> rates(const Arm& arm) const;  // of cells with runs, rising
};
// "mobilenet on retina", with the variant in brackets
std::string text_of(const Context& context);

// Runs of a cell on the folds of one division with one seed.
struct FoldSet {
    std::int64_t split_seed = 0, seed = 1;
    std::int32_t of = 0;           // folds of the dataset
    std::vector<const Run*> runs;  // by fold; as many as have a result
};
// In the order of replicates; none for a cell without folds. The result points into `cell`.
std::vector<FoldSet> fold_sets(const Cell& cell);
// The runs on the other folds with the setting and seed of a run of the context.
std::vector<const Run*> other_folds(const Context& context, const Run& run);

// In the order of the plan. The result points into `record`. Trials that are left out of the sweep
// are passed over.
std::vector<Context> contexts_of(const sweep::Record& record);

// The same without trials that a rule stopped: they count as not finished.
std::vector<Context> without_stopped(std::vector<Context> contexts);

// The dataset's name in the sweep file without its split seed, each once, in the order of contexts.
std::vector<std::string> datasets_of(const std::vector<Context>& contexts);

// What is compared. AUCs are of the best checkpoint, chosen on validation.
enum class Metric { test_auc, test_auc_micro, test_auc_macro, test_accuracy, val_auc };
double value_of(const Run& run, Metric metric);
// The same of numbers of test; missing (NaN) for a metric of validation.
double value_of(const sweep::Metrics& test, Metric metric);

}  // namespace graft::results::findings

template <>
struct graft::core::EnumNames<graft::results::findings::Metric> {
    static constexpr std::array<std::string_view, 5> names{
        "test_auc", "test_auc_micro", "test_auc_macro", "test_accuracy", "val_auc"};
};
