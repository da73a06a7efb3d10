// SPDX-License-Identifier: Apache-2.0
// What the folds of a dataset say together.
#include <algorithm>

#include <fmt/format.h>

#include "sweep/metrics.hpp"

#include "results/predictions/pooled.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

// The folds of one setting and seed, and what their test images say together.
struct Row {
    const findings::Context* context = nullptr;
    const findings::Cell* cell = nullptr;
    findings::FoldSet set;
    std::int64_t images = 0;
    sweep::Metrics pooled = {};      // missing where some predictions cannot be read
    statistics::Interval mean = {};  // of the folds' own values of the metric
};

using Of = const Row&;

std::vector<Row> rows_of(const Material& material) {
    std::vector<Row> rows;
    for (const auto& context : material.contexts) {
        for (const auto& cell : context.cells) {
            for (auto& set : findings::fold_sets(cell)) {
                rows.push_back({&context, &cell, std::move(set)});
                std::vector<double> values;
                std::vector<findings::Run> runs;
                for (const auto* run : rows.back().set.runs) {
                    values.push_back(findings::value_of(*run, material.metric));
                    runs.push_back(*run);
                }
                rows.back().mean = statistics::mean_interval(values, findings::overlap_of(runs));
            }
        }
    }
    return rows;
}

// Of the trials of one row after the other: a row's images are let go when it is done.
class Pooling {
  public:
    Pooling(std::vector<Row>& rows, const Source& source) : rows_(rows) {
        std::vector<const sweep::Trial*> trials;
        for (std::size_t row = 0; row < rows.size(); ++row) {
            for (const auto* run : rows[row].set.runs) {
                trials.push_back(run->trial);
                row_of_.push_back(row);
            }
        }
        source.read_tests(
            trials, [this](std::size_t i, const predictions::TestRead& read) { use(i, read); });
    }

    std::size_t missing() const { return missing_; }
    const std::string& why() const { return why_; }

  private:
    void use(std::size_t i, const predictions::TestRead& read) {
        if (read.why_not) {
            ++missing_;
            why_ = why_.empty() ? *read.why_not : why_;
            whole_ = false;
        } else {
            classes_ = read.classes;
            predictions::pool(images_, read.test);
        }
        if (i + 1 == row_of_.size() || row_of_[i + 1] != row_of_[i]) {
            Row& row = rows_[row_of_[i]];
            if (whole_) {
                row.images = static_cast<std::int64_t>(images_.images());
                row.pooled = sweep::evaluate(images_.scores, images_.labels, classes_);
            }
            images_ = {};
            whole_ = true;
        }
    }

    std::vector<Row>& rows_;
    std::vector<std::size_t> row_of_;  // of each trial
    predictions::Part images_;         // of the row under way
    int classes_ = 0;
    bool whole_ = true;
    std::size_t missing_ = 0;
    std::string why_;
};

// What tells rows apart stands before their numbers.
Table fold_table(const std::vector<Row>& rows, const std::string& metric) {
    const auto any = [&](auto holds) { return std::any_of(rows.begin(), rows.end(), holds); };
    const bool settings = any([](const Row& r) { return !r.context->variant.empty(); });
    const bool rates = any([](const Row& r) { return r.context->rates(r.cell->arm).size() > 1; });
    const auto rate = column("learning_rate", rows, [](Of r) { return r.cell->learning_rate; });
    std::vector<Column> columns{
        column("network", rows, [](Of r) { return r.context->network; }),
        column("dataset", rows, [](Of r) { return r.context->dataset; }),
        column("arm", rows, [](Of r) { return findings::text_of(r.cell->arm); }),
    };
    if (settings) {
        columns.push_back(column("settings", rows, [](Of r) { return r.context->variant; }));
    }
    if (rates) {
        columns.push_back(rate);
    }
    for (auto& more : {
             column("seed", rows, [](Of r) { return r.set.seed; }),
             column("folds", rows, [](Of r) { return std::ssize(r.set.runs); }),
             column("of", rows, [](Of r) { return r.set.of; }),
             column("pooled_auc", rows, [](Of r) { return r.pooled.auc; }),
             column(metric + "_mean", rows, [](Of r) { return r.mean.estimate; }),
             column(metric + "_low", rows, [](Of r) { return r.mean.low; }),
             column(metric + "_high", rows, [](Of r) { return r.mean.high; }),
             column("images", rows, [](Of r) { return r.images; }),
             column("pooled_auc_micro", rows, [](Of r) { return r.pooled.auc_micro; }),
             column("pooled_auc_macro", rows, [](Of r) { return r.pooled.auc_macro; }),
             column("pooled_accuracy", rows, [](Of r) { return r.pooled.accuracy; }),
             column("split_seed", rows, [](Of r) { return r.set.split_seed; }),
         }) {
        columns.push_back(more);
    }
    if (!rates) {
        columns.push_back(rate);
    }
    return {"folds", std::move(columns)};
}

}  // namespace

Chapter folds(const Material& material) {
    Chapter chapter{{}, {"folds", "What do the folds say together?", {}}};
    auto rows = rows_of(material);
    if (rows.empty()) {
        return chapter;
    }
    const Pooling pooling(rows, material.source);
    auto& blocks = chapter.section.blocks;
    blocks.emplace_back(Paragraph{
        "Every image of a dataset with folds is tested once with each setting and seed, by a "
        "network that did not see it. Folds share most of their training images, so that they are "
        "no independent replicates: intervals and p over folds are those of the corrected "
        "resampled t test (Nadeau and Bengio 2003), wider than Student's."});
    if (pooling.missing() > 0) {
        blocks.emplace_back(
            Paragraph{fmt::format("Predictions of {} could not be read, so their folds are not "
                                  "pooled: {}",
                                  counted(static_cast<std::int64_t>(pooling.missing()), "trial"),
                                  pooling.why()),
                      Tone::warning});
    }
    blocks.emplace_back(
        Sheet{"folds-table", "Folds of each setting and seed",
              fmt::format("folds: those that have a result. pooled: of all their test images "
                          "together, which takes it that scores of different folds mean the same. "
                          "{0}_mean, {0}_low, {0}_high: of the folds' own values, with the "
                          "corrected 95 % interval.",
                          core::name_of(material.metric)),
              fold_table(rows, std::string(core::name_of(material.metric)))});
    return chapter;
}

}  // namespace graft::results::report
