// SPDX-License-Identifier: Apache-2.0
// When arms were best, and what training on cost them.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "results/findings/curve.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

std::vector<findings::Overfitting> rows_of(const Material& material) {
    std::vector<findings::Overfitting> found;
    for (const auto& dataset : material.datasets) {
        const auto arms = material.open_arms(dataset);
        for (const auto& one :
             findings::overfitting_of(material.contexts, arms, material.settings.learning_rate)) {
            if (one.context->dataset == dataset) {
                found.push_back(one);
            }
        }
    }
    return found;
}

Table table_of(const std::vector<findings::Overfitting>& rows) {
    using Row = findings::Overfitting;
    return {"overfitting",
            {
                column("network", rows, [](const Row& r) { return r.context->network; }),
                column("dataset", rows, [](const Row& r) { return r.context->dataset; }),
                column("arm", rows, [](const Row& r) { return findings::text_of(r.arm); }),
                column("learning_rate", rows, [](const Row& r) { return r.rate; }),
                column("trials", rows, [](const Row& r) { return r.best_epoch.n; }),
                column("epochs", rows, [](const Row& r) { return r.epochs; }),
                column("best_epoch", rows, [](const Row& r) { return r.best_epoch.estimate; }),
                column("low", rows, [](const Row& r) { return r.best_epoch.low; }),
                column("high", rows, [](const Row& r) { return r.best_epoch.high; }),
                column("lowest_loss_epoch", rows,
                       [](const Row& r) { return r.loss_best_epoch.estimate; }),
                column("fall", rows, [](const Row& r) { return r.fall.estimate; }),
                column("fall_low", rows, [](const Row& r) { return r.fall.low; }),
                column("fall_high", rows, [](const Row& r) { return r.fall.high; }),
            }};
}

std::vector<Paragraph> sentences_of(const std::vector<findings::Overfitting>& rows) {
    std::vector<Paragraph> sentences;
    for (const auto& random : rows) {
        for (const auto& other : rows) {
            const bool pretrained = other.arm.init != "random" && other.arm.init != "mean_var";
            if (random.arm != findings::kRandom || !pretrained || random.context != other.context) {
                continue;
            }
            sentences.push_back(
                {fmt::format("{}: {} was best at epoch {} of {} on average and random at {}; by "
                             "the last epoch they had lost {} and {} of validation AUC. The lowest "
                             "validation loss came at epoch {} and {}.",
                             findings::text_of(*random.context), findings::text_of(other.arm),
                             number(other.best_epoch.estimate, 1), other.epochs,
                             number(random.best_epoch.estimate, 1), number(other.fall.estimate),
                             number(random.fall.estimate),
                             number(other.loss_best_epoch.estimate, 1),
                             number(random.loss_best_epoch.estimate, 1)),
                 Tone::finding});
        }
    }
    return sentences;
}

std::string range_text(std::vector<double> values, int digits) {
    std::erase_if(values, [](double value) { return std::isnan(value); });
    if (values.empty()) {
        return "–";
    }
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    return fmt::format("{} to {}", number(*low, digits), number(*high, digits));
}

// Of many networks: what lies between the least and the most of them.
std::string summary_of(const std::vector<findings::Overfitting>& rows) {
    std::string text = "Over all networks and datasets, ";
    std::vector<findings::Arm> arms;
    for (const auto& row : rows) {
        if (std::find(arms.begin(), arms.end(), row.arm) != arms.end()) {
            continue;
        }
        std::vector<double> epochs, falls;
        for (const auto& other : rows) {
            if (other.arm == row.arm) {
                epochs.push_back(other.best_epoch.estimate);
                falls.push_back(other.fall.estimate);
            }
        }
        text += fmt::format("{}{} was best at epoch {} and lost {} of validation AUC by the last",
                            arms.empty() ? "" : "; ", findings::text_of(row.arm),
                            range_text(epochs, 1), range_text(falls, 4));
        arms.push_back(row.arm);
    }
    return text + ".";
}

}  // namespace

Chapter overfitting(const Material& material) {
    Chapter chapter{{}, {"overfitting", "Does it overfit?", {}}};
    const auto rows = rows_of(material);
    add_sentences(chapter, sentences_of(rows), summary_of(rows));
    if (!rows.empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"overfitting", "Best epochs, and what was lost by going on",
                  "Epochs count from 1, warm-up included; fall: best less last validation AUC. "
                  "low, high: 95 % over seeds.",
                  table_of(rows)});
    }
    return chapter;
}

}  // namespace graft::results::report
