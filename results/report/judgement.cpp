// SPDX-License-Identifier: Apache-2.0
// How good the best checkpoints are, image by image.
#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/findings/best_checkpoint.hpp"
#include "results/predictions/curves.hpp"
#include "results/predictions/evaluation.hpp"
#include "results/predictions/pooled.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

using findings::BestCheckpoint;
using predictions::Evaluation;
using predictions::Predictions;

constexpr std::size_t kDrawn = 200;  // points of a curve
constexpr std::size_t kWorst = 20;   // images of each dataset

// A best checkpoint with what it said.
struct Judged {
    const BestCheckpoint* best;
    Predictions kept;
    Evaluation evaluation;
    std::size_t folds = 0;  // that it is pooled over; 0: one trial's own
};

std::string name_of(const Judged& judged) {
    const double freeze = judged.best->run->trial->spec.freeze;
    return fmt::format("{}, {}{}", judged.best->init, judged.best->context->network,
                       freeze > 0 ? fmt::format(", {} % frozen", core::shortest(freeze)) : "");
}

// What the best checkpoint said; on a fold, what those of all folds with its setting and seed said.
void read(const Material& material, Judged& judged) {
    const auto& run = *judged.best->run;
    judged.kept = material.source.predictions(*run.trial);
    if (run.replicate.fold > 0) {
        judged.folds = 1;
        for (const auto* other : findings::other_folds(*judged.best->context, run)) {
            predictions::pool(judged.kept, material.source.predictions(*other->trial));
            ++judged.folds;
        }
    }
    judged.evaluation = predictions::evaluate(judged.kept);
}

// "Test images", "Test images of 5 folds"
std::string images_of(const Judged& judged) {
    return judged.folds > 0 ? fmt::format("Test images of {} pooled",
                                          counted(static_cast<std::int64_t>(judged.folds), "fold"))
                            : "Test images";
}

// One column against the rest: class 1 of two, else all columns of the micro average.
predictions::OneClass positives_of(const Predictions& kept) {
    const int classes = static_cast<int>(kept.classes.size());
    if (classes == 2) {
        return predictions::one_against_rest(kept.test.scores, kept.test.labels, 2, 1);
    }
    return predictions::all_against_rest(kept.test.scores, kept.test.labels, classes);
}

std::string question_of(const Predictions& kept) {
    return kept.classes.size() == 2
               ? fmt::format("'{}' against '{}'", kept.classes[1], kept.classes[0])
               : "all classes, micro-averaged";
}

Figure roc_figure(const std::string& dataset, const std::vector<const Judged*>& judged) {
    LineChart chart;
    chart.x = {"false positive rate", {}, false, 0, 1};
    chart.y = {"true positive rate", {}, false, 0, 1};
    std::string alt;
    for (const auto* one : judged) {
        const auto column = positives_of(one->kept);
        Series series{name_of(*one), {}, static_cast<int>(chart.series.size()), false};
        for (const auto& point :
             predictions::thinned(predictions::roc_curve(column.scores, column.positive), kDrawn)) {
            series.points.push_back({point.false_positive_rate, point.true_positive_rate});
        }
        chart.series.push_back(std::move(series));
        alt += fmt::format("{}: AUC {}. ", name_of(*one), number(one->evaluation.test.basic.auc));
    }
    return {plain_id("roc-" + dataset), fmt::format("ROC curves on {}", dataset),
            fmt::format("{}, {}, of the best checkpoint of each start.", images_of(*judged.front()),
                        question_of(judged.front()->kept)),
            alt, std::move(chart)};
}

Figure precision_figure(const std::string& dataset, const std::vector<const Judged*>& judged) {
    LineChart chart;
    chart.x = {"recall", {}, false, 0, 1};
    chart.y = {"precision", {}, false, 0, 1};
    const auto& part = judged.front()->evaluation.test;
    if (part.class_images.size() == 2 && part.images > 0) {
        chart.references = {{"share of positives", static_cast<double>(part.class_images[1]) /
                                                       static_cast<double>(part.images)}};
    }
    std::string alt;
    for (const auto* one : judged) {
        const auto column = positives_of(one->kept);
        Series series{name_of(*one), {}, static_cast<int>(chart.series.size()), false};
        for (const auto& point : predictions::thinned(
                 predictions::precision_recall_curve(column.scores, column.positive), kDrawn)) {
            series.points.push_back({point.recall, point.precision});
        }
        std::reverse(series.points.begin(), series.points.end());
        chart.series.push_back(std::move(series));
        alt += fmt::format("{}: PR-AUC {}. ", name_of(*one), number(one->evaluation.test.pr_auc));
    }
    return {plain_id("precision-" + dataset), fmt::format("Precision and recall on {}", dataset),
            fmt::format("{}, {}, of the best checkpoint of each start.", images_of(*judged.front()),
                        question_of(judged.front()->kept)),
            alt, std::move(chart)};
}

Figure reliability_figure(const std::string& dataset, const std::vector<const Judged*>& judged) {
    LineChart chart;
    chart.x = {"mean probability of the class taken", {}, false, 0, 1};
    chart.y = {"share that was right", {}, false, 0, 1};
    chart.series.push_back({"calibrated", {{0, 0}, {1, 1}}, 7, true});
    std::string alt;
    for (const auto* one : judged) {
        Series series{name_of(*one), {}, static_cast<int>(chart.series.size()) - 1, false};
        for (const auto& bin : one->evaluation.test.reliability) {
            if (bin.images > 0) {
                series.points.push_back({bin.confidence, bin.accuracy, NAN, NAN, Bound::none,
                                         counted(bin.images, "image")});
            }
        }
        chart.series.push_back(std::move(series));
        alt += fmt::format("{}: calibration error {}. ", name_of(*one),
                           number(one->evaluation.test.calibration_error));
    }
    return {plain_id("calibration-" + dataset), fmt::format("Calibration on {}", dataset),
            images_of(*judged.front()) +
                " in 15 bins of the highest probability; bins of few images scatter.",
            alt, std::move(chart)};
}

Figure confusion_figure(const std::string& dataset, const Judged& judged) {
    const auto& test = judged.evaluation.test;
    std::string alt = "Rows are the true classes. ";
    const std::size_t classes = judged.kept.classes.size();
    for (std::size_t i = 0; i < classes && classes <= 6; ++i) {
        for (std::size_t j = 0; j < classes; ++j) {
            alt += fmt::format("{} taken for {}: {}. ", judged.kept.classes[i],
                               judged.kept.classes[j], test.confusion[i * classes + j]);
        }
    }
    return {
        plain_id("confusion-" + dataset), fmt::format("Confusion on {}", dataset),
        fmt::format("{}, best checkpoint on validation: {}.", images_of(judged), name_of(judged)),
        alt, HeatChart{judged.kept.classes, test.confusion}};
}

Table judgement_table(const std::vector<std::unique_ptr<Judged>>& rows) {
    using Row = std::unique_ptr<Judged>;
    const auto test = [&](const char* name, double predictions::PartEvaluation::*member) {
        return column(name, rows, [&](const Row& r) { return r->evaluation.test.*member; });
    };
    const auto point = [&](const char* name, predictions::OperatingPoint Evaluation::*at,
                           double predictions::OperatingPoint::*member) {
        return column(name, rows, [&](const Row& r) { return r->evaluation.*at.*member; });
    };
    using Part = predictions::PartEvaluation;
    using At = predictions::OperatingPoint;
    return {
        "judgement",
        {
            column("dataset", rows, [](const Row& r) { return r->best->dataset; }),
            column("init", rows, [](const Row& r) { return r->best->init; }),
            column("network", rows, [](const Row& r) { return r->best->context->network; }),
            column("freeze", rows, [](const Row& r) { return r->best->run->trial->spec.freeze; }),
            column("trial", rows, [](const Row& r) { return r->best->run->trial->id.text(); }),
            column("folds", rows, [](const Row& r) { return static_cast<std::int64_t>(r->folds); }),
            column("images", rows, [](const Row& r) { return r->evaluation.test.images; }),
            column("auc", rows, [](const Row& r) { return r->evaluation.test.basic.auc; }),
            column("auc_micro", rows,
                   [](const Row& r) { return r->evaluation.test.basic.auc_micro; }),
            column("accuracy", rows,
                   [](const Row& r) { return r->evaluation.test.basic.accuracy; }),
            test("pr_auc", &Part::pr_auc),
            test("balanced_accuracy", &Part::balanced_accuracy),
            test("brier_score", &Part::brier_score),
            test("calibration_error", &Part::calibration_error),
            test("quadratic_kappa", &Part::quadratic_kappa),
            point("sensitivity_at_90", &Evaluation::at_90, &At::sensitivity),
            point("specificity_at_90", &Evaluation::at_90, &At::specificity),
            point("sensitivity_at_95", &Evaluation::at_95, &At::sensitivity),
            point("specificity_at_95", &Evaluation::at_95, &At::specificity),
        }};
}

struct Worst {
    std::string dataset, taken_for, label;
    predictions::ScoredImage image;
};

Table worst_table(const std::vector<Worst>& rows) {
    return {"worst",
            {
                column("dataset", rows, [](const Worst& r) { return r.dataset; }),
                column("image", rows, [](const Worst& r) { return r.image.id; }),
                column("group", rows, [](const Worst& r) { return r.image.group; }),
                column("class", rows, [](const Worst& r) { return r.label; }),
                column("taken_for", rows, [](const Worst& r) { return r.taken_for; }),
                column("probability", rows, [](const Worst& r) { return r.image.probability; }),
            }};
}

std::vector<Worst> worst_of(const Judged& judged) {
    const auto& classes = judged.kept.classes;
    std::vector<Worst> worst;
    for (auto& image :
         predictions::worst_images(judged.kept.test, static_cast<int>(classes.size()), kWorst)) {
        worst.push_back({judged.best->dataset, classes[static_cast<std::size_t>(image.taken_for)],
                         classes[static_cast<std::size_t>(image.label)], image});
    }
    return worst;
}

void add_dataset(const std::string& dataset, const std::vector<const Judged*>& judged,
                 Section& section, std::vector<Worst>& worst) {
    section.blocks.emplace_back(roc_figure(dataset, judged));
    section.blocks.emplace_back(precision_figure(dataset, judged));
    section.blocks.emplace_back(reliability_figure(dataset, judged));
    const auto best =
        *std::max_element(judged.begin(), judged.end(), [](const Judged* a, const Judged* b) {
            return findings::is_better(*b->best->run, *a->best->run);
        });
    section.blocks.emplace_back(confusion_figure(dataset, *best));
    for (const auto& missing : best->evaluation.missing) {
        section.blocks.emplace_back(
            Paragraph{fmt::format("On {}, {} of {} is not given: {}.", dataset, missing.metric,
                                  missing.part, missing.reason),
                      Tone::warning});
    }
    for (const auto& note : best->evaluation.notes) {
        section.blocks.emplace_back(Paragraph{fmt::format("On {}: {}.", dataset, note)});
    }
    const auto more = worst_of(*best);
    worst.insert(worst.end(), more.begin(), more.end());
}

}  // namespace

Chapter judgement(const Material& material) {
    Chapter chapter{{}, {"judgement", "The best checkpoints, image by image", {}}};
    const auto best = findings::best_checkpoints(material.contexts);
    std::vector<std::unique_ptr<Judged>> rows;
    for (const auto& one : best) {
        try {
            auto judged = std::make_unique<Judged>();
            judged->best = &one;
            read(material, *judged);
            rows.push_back(std::move(judged));
        } catch (const core::InputError& error) {
            chapter.section.blocks.emplace_back(
                Paragraph{fmt::format("The best checkpoint of {} on {} cannot be judged: {}",
                                      one.init, one.dataset, error.what()),
                          Tone::warning});
        }
    }
    std::vector<Worst> worst;
    for (const auto& dataset : material.datasets) {
        std::vector<const Judged*> judged;
        for (const auto& row : rows) {
            if (row->best->dataset == dataset) {
                judged.push_back(row.get());
            }
        }
        if (!judged.empty()) {
            add_dataset(dataset, judged, chapter.section, worst);
        }
    }
    if (!rows.empty()) {
        chapter.section.blocks.emplace_back(Sheet{
            "judgement", "Test metrics of the best checkpoints",
            "sensitivity_at_90: at the threshold that has 90 % specificity on validation; "
            "specificity_at_90: what that threshold reached on test. brier_score: of class "
            "1 for two classes, else the sum over classes. quadratic_kappa: of classes "
            "whose names are numbers. folds: pooled over so many with the trial's setting and "
            "seed; 0: of a dataset without folds.",
            judgement_table(rows)});
        chapter.section.blocks.emplace_back(
            Sheet{"worst", "The worst-classified images",
                  fmt::format("The {} test images of each dataset whose true class got the lowest "
                              "probability from its best checkpoint: look at them first for wrong "
                              "labels.",
                              kWorst),
                  worst_table(worst)});
    }
    const auto& salient = material.source.salient;
    chapter.section.blocks.insert(chapter.section.blocks.end(), salient.begin(), salient.end());
    return chapter;
}

}  // namespace graft::results::report
