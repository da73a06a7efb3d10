// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "results/findings/effect.hpp"
#include "results/findings/patients.hpp"
#include "results/predictions/predictions.hpp"
#include "results/report/page.hpp"

namespace graft::results::report {

// Where a report is made from: no images, weights or GPU but for pictures that were made before.
struct Source {
    const sweep::Record& record;
    // A trial's kept predictions. Throws core::InputError when they are missing or damaged.
    std::function<predictions::Predictions(const sweep::Trial&)> predictions;
    // The test parts of many trials' predictions, each given to `use` with its place in `trials`
    // (predictions::read_tests). Without it they come from `predictions`.
    using UseTest = std::function<void(std::size_t, predictions::TestRead)>;
    std::function<void(const std::vector<const sweep::Trial*>& trials, const UseTest& use)> tests =
        {};
    void read_tests(const std::vector<const sweep::Trial*>& trials, const UseTest& use) const;
    // Images before and after augmentation; where evidence lies in the worst-classified ones.
    std::vector<Picture> augmented = {}, salient = {};
};

// The same for all chapters of a report.
struct Material {
    const Source& source;
    sweep::FindingsSettings settings;
    findings::Metric metric = findings::Metric::test_auc;
    std::vector<findings::Context> contexts;
    std::vector<std::string> datasets;
    // As the confirmatory family sees them, without stopped trials; empty: no other than
    // `contexts`.
    std::vector<findings::Context> without_stopped = {};
    const std::vector<findings::Context>& tested() const {
        return without_stopped.empty() ? contexts : without_stopped;
    }

    // Floor of the validation AUC of a context: what a constant predictor scores.
    double validation_floor(const findings::Context& context) const;
    // Arms with nothing frozen that took all they could: random, mean_var, every pretrained init.
    std::vector<findings::Arm> open_arms(const std::string& dataset) const;
    // Some arm was trained at several learning rates, so that the two rules may differ.
    bool has_rates() const;
    // The rule of the headline first; the other one where it may differ.
    std::vector<sweep::RateRule> rules() const;
    // ", each at its own best learning rate", ", both at the same learning rate"; nothing where no
    // arm had a choice.
    std::string rule_text(sweep::RateRule rule) const;
};
Material material_of(const Source& source);
// The axis of AUCs follows the values, not their intervals: those of two or three values may be
// wider than all that an AUC can be.
void fit_auc_axis(LineChart& chart);

// A figure of more series than can be told apart, as several with the same axes; else as it is.
constexpr std::size_t kMostSeries = 8;
std::vector<Figure> divided(const Figure& figure);

// What a chapter adds: sentences for the opening, and a section of its own; one without blocks is
// left out.
struct Chapter {
    std::vector<Paragraph> findings;
    Section section;
};

// Puts a chapter's sentences about single networks into its opening; where they are more than
// kMostInOpening, into its section, and `summary` with a word about them into the opening.
constexpr std::size_t kMostInOpening = 8;
void add_sentences(Chapter& chapter, std::vector<Paragraph> sentences, const std::string& summary);

Chapter pretraining(const Material& material);     // effects, best checkpoints
Chapter folds(const Material& material);           // of one setting and seed, pooled
Chapter fewer_images(const Material& material);    // by the number of training images
Chapter training_speed(const Material& material);  // curves, speedups
Chapter overfitting(const Material& material);     // best epochs, and the fall after them
Chapter freezing(const Material& material);        // freeze levels
Chapter features(const Material& material);        // t-SNE, neighbours, probes
Chapter small_network(const Material& material);   // parity with large ones from scratch
Chapter judgement(const Material& material);       // ROC, calibration, confusion, worst images
Chapter trials(const Material& material);          // tables of arms, learning rates and trials
Chapter data(const Material& material);            // parts, classes, copies
Chapter provenance(const Material& material);      // starts, hardware, settings, failures

// The report of a sweep: equal records give equal pages.
Page page_of(const Source& source);

}  // namespace graft::results::report
