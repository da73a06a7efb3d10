// SPDX-License-Identifier: Apache-2.0
// How many training images it takes: train_fraction.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/findings/data_curve.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"
#include "results/status.hpp"

namespace graft::results::report {

namespace {

using findings::DataCurve;
using findings::DataLevel;

std::string name_of(const DataCurve& curve) {
    return fmt::format("{}, {}{}", curve.network, short_init(curve.init),
                       curve.variant.empty() ? "" : fmt::format(" ({})", curve.variant));
}

std::string images_text(double images) {
    return counted(std::llround(images), "training image");
}

std::string label_of(const DataLevel& level) {
    std::string text = counted(level.value.n, "trial");
    if (level.freezes > 1) {
        text += fmt::format(", {} % frozen", core::shortest(level.arm.freeze));
    }
    return fmt::format("{}, rate {}", text, rate_text(level.rate));
}

Figure figure_of(const Material& material, const std::vector<DataCurve>& curves,
                 const std::string& dataset) {
    LineChart chart;
    chart.x.label = "training images";
    chart.x.logarithmic = true;
    chart.y.label = text_of(material.metric);
    std::string alt;
    bool chosen = false;
    for (const auto& curve : curves) {
        if (curve.dataset != dataset) {
            continue;
        }
        Series series{name_of(curve), {}, static_cast<int>(chart.series.size()), false};
        for (const auto& level : curve.levels) {
            series.points.push_back({level.images, level.value.estimate, level.value.low,
                                     level.value.high, Bound::none, label_of(level)});
            alt += fmt::format("{}, {}: {}. ", series.name, images_text(level.images),
                               number(level.value.estimate));
            chosen = chosen || level.freezes > 1;
        }
        chart.series.push_back(std::move(series));
    }
    fit_auc_axis(chart);
    return {plain_id("images-" + dataset),
            fmt::format("{} on {} by the number of training images",
                        capital(text_of(material.metric)), dataset),
            fmt::format(
                "Means of the best checkpoints{}{}, with 95 % intervals over seeds, and over folds "
                "where there are some. Validation and test are the same for all. No interval: one "
                "trial, or equal values.",
                chosen ? ", each number of images at the freeze level that is best there "
                         "on validation"
                       : "",
                material.rule_text(material.settings.learning_rate)),
            alt, std::move(chart)};
}

struct Row {
    const DataCurve* curve;
    const DataLevel* level;
};

Table table_of(const std::vector<DataCurve>& curves) {
    std::vector<Row> rows;
    for (const auto& curve : curves) {
        for (const auto& level : curve.levels) {
            rows.push_back({&curve, &level});
        }
    }
    return {"images",
            {
                column("network", rows, [](const Row& r) { return r.curve->network; }),
                column("dataset", rows, [](const Row& r) { return r.curve->dataset; }),
                column("init", rows, [](const Row& r) { return r.curve->init; }),
                column("train_images", rows,
                       [](const Row& r) { return std::int64_t{std::llround(r.level->images)}; }),
                column("freeze", rows, [](const Row& r) { return r.level->arm.freeze; }),
                column("n", rows, [](const Row& r) { return r.level->value.n; }),
                column("mean", rows, [](const Row& r) { return r.level->value.estimate; }),
                column("low", rows, [](const Row& r) { return r.level->value.low; }),
                column("high", rows, [](const Row& r) { return r.level->value.high; }),
                column("above_random", rows,
                       [](const Row& r) { return r.level->gain.difference.estimate; }),
                column("above_random_low", rows,
                       [](const Row& r) { return r.level->gain.difference.low; }),
                column("above_random_high", rows,
                       [](const Row& r) { return r.level->gain.difference.high; }),
                column("pairs", rows, [](const Row& r) { return r.level->gain.difference.n; }),
                column("train_fraction", rows, [](const Row& r) { return r.level->fraction; }),
                column("learning_rate", rows, [](const Row& r) { return r.level->rate; }),
                column("settings", rows, [](const Row& r) { return r.curve->variant; }),
            }};
}

std::string gain_text(const DataLevel& level) {
    return fmt::format("{} ({})", signed_number(level.gain.difference.estimate),
                       interval_text(level.gain.difference, "pair"));
}

// What the start is worth with the fewest images, and with the most.
std::vector<Paragraph> sentences_of(const Material& material,
                                    const std::vector<DataCurve>& curves) {
    std::vector<Paragraph> sentences;
    for (const auto& curve : curves) {
        const auto &fewest = curve.levels.front(), &most = curve.levels.back();
        if (fewest.gain.difference.n == 0 || most.gain.difference.n == 0) {
            continue;
        }
        sentences.push_back(
            {fmt::format("With {}, {} on {} has a {} above that of random weights by {}, and with "
                         "{:.0f} by {}.",
                         images_text(fewest.images), name_of(curve), curve.dataset,
                         text_of(material.metric), gain_text(fewest), most.images, gain_text(most)),
             Tone::finding});
    }
    return sentences;
}

}  // namespace

Chapter fewer_images(const Material& material) {
    Chapter chapter{{}, {"images", "How many images does it take?", {}}};
    const auto curves =
        findings::data_curves(material.contexts, material.settings.learning_rate, material.metric);
    auto sentences = sentences_of(material, curves);
    const auto summary = fmt::format(
        "What a start is worth with fewer training images was looked at in {} (networks and "
        "starts).",
        counted(std::ssize(sentences), "case"));
    add_sentences(chapter, std::move(sentences), summary);
    for (const auto& dataset : material.datasets) {
        if (std::any_of(curves.begin(), curves.end(),
                        [&](const DataCurve& curve) { return curve.dataset == dataset; })) {
            for (auto& part : divided(figure_of(material, curves, dataset))) {
                chapter.section.blocks.emplace_back(std::move(part));
            }
        }
    }
    if (!curves.empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"images-table", "Every number of training images",
                  "freeze: the level with the highest mean validation AUC at that number. "
                  "above_random: paired differences from random weights at the same number, 95 % "
                  "intervals over pairs.",
                  table_of(curves)});
    }
    return chapter;
}

}  // namespace graft::results::report
