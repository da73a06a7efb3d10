// SPDX-License-Identifier: Apache-2.0
// What is reused: freeze levels.
#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/findings/curve.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

using findings::FreezeCurve;
using findings::FreezeLevel;
using findings::Metric;

enum class Scale { layers, parameters };

Figure freeze_figure(const Material& material, const std::vector<FreezeCurve>& curves,
                     const std::string& dataset, Metric metric, Scale scale) {
    const auto rule = material.settings.learning_rate;
    LineChart chart;
    chart.x = {
        scale == Scale::layers ? "frozen layers, %" : "frozen parameters, %", {}, false, 0, 100};
    chart.y.label = text_of(metric);
    std::string alt;
    for (const auto& curve : curves) {
        if (curve.context->dataset != dataset) {
            continue;
        }
        Series series{fmt::format("{}, {}", curve.context->network, curve.init),
                      {},
                      static_cast<int>(chart.series.size()),
                      false};
        for (const auto& level : curve.levels) {
            series.points.push_back({scale == Scale::layers ? level.freeze : 100 * level.parameters,
                                     level.value.estimate, level.value.low, level.value.high,
                                     Bound::none,
                                     fmt::format("rate {}, {}", rate_text(level.rate),
                                                 counted(level.value.n, "seed"))});
            alt += fmt::format("{}, {} % frozen: {}. ", series.name, core::shortest(level.freeze),
                               number(level.value.estimate));
        }
        std::sort(series.points.begin(), series.points.end(),
                  [](const Point& a, const Point& b) { return a.x < b.x; });
        chart.series.push_back(std::move(series));
    }
    fit_auc_axis(chart);
    const char* what = scale == Scale::layers ? "layers" : "parameters";
    return {plain_id(fmt::format("freeze-{}-{}-{}-{}", dataset, core::name_of(metric), what,
                                 core::name_of(rule))),
            fmt::format("{} on {} by frozen {}", capital(text_of(metric)), dataset, what),
            fmt::format("Of the best checkpoints{}; 95 % intervals over seeds. Levels share "
                        "seeds: compare them by the paired differences in the table, not by these "
                        "intervals.",
                        material.rule_text(rule)),
            alt, std::move(chart)};
}

struct Row {
    const FreezeCurve* curve;
    const FreezeLevel* level;
    Metric metric;
};

Table freeze_table(const std::vector<Row>& rows) {
    const auto against = [](const Row& r) { return r.level->freeze > 0; };
    return {"freeze",
            {
                column("network", rows, [](const Row& r) { return r.curve->context->network; }),
                column("dataset", rows, [](const Row& r) { return r.curve->context->dataset; }),
                column("init", rows, [](const Row& r) { return r.curve->init; }),
                column("metric", rows, [](const Row& r) { return core::name_of(r.metric); }),
                column("freeze", rows, [](const Row& r) { return r.level->freeze; }),
                column("frozen_parameters", rows, [](const Row& r) { return r.level->parameters; }),
                column("learning_rate", rows, [](const Row& r) { return r.level->rate; }),
                column("seeds", rows, [](const Row& r) { return r.level->value.n; }),
                column("mean", rows, [](const Row& r) { return r.level->value.estimate; }),
                column("low", rows, [](const Row& r) { return r.level->value.low; }),
                column("high", rows, [](const Row& r) { return r.level->value.high; }),
                column("against_0", rows,
                       [&](const Row& r) {
                           return against(r) ? r.level->against.difference.estimate : NAN;
                       }),
                column("against_0_low", rows,
                       [&](const Row& r) {
                           return against(r) ? r.level->against.difference.low : NAN;
                       }),
                column("against_0_high", rows,
                       [&](const Row& r) {
                           return against(r) ? r.level->against.difference.high : NAN;
                       }),
                column("pairs", rows, [](const Row& r) { return r.level->against.difference.n; }),
            }};
}

const FreezeLevel& best_level(const FreezeCurve& curve) {
    return *std::max_element(curve.levels.begin(), curve.levels.end(),
                             [](auto& a, auto& b) { return a.value.estimate < b.value.estimate; });
}

std::string sentence(const FreezeCurve& curve, Metric metric) {
    const auto* best = &best_level(curve);
    const auto deepest = std::max_element(curve.levels.begin(), curve.levels.end(),
                                          [](auto& a, auto& b) { return a.freeze < b.freeze; });
    std::string text = fmt::format("{}, {}: the highest mean {} is at {} % frozen ({}, {})",
                                   findings::text_of(*curve.context), curve.init, text_of(metric),
                                   core::shortest(best->freeze), number(best->value.estimate),
                                   counted(best->value.n, "seed"));
    if (best->freeze > 0 && best->against.difference.n > 0) {
        text += fmt::format(", {} above fine-tuning everything ({})",
                            signed_number(best->against.difference.estimate),
                            interval_text(best->against.difference, "pair"));
    }
    if (deepest->freeze > best->freeze && deepest->against.difference.n > 0) {
        text += fmt::format("; {} % frozen is {} from fine-tuning everything ({})",
                            core::shortest(deepest->freeze),
                            signed_number(deepest->against.difference.estimate),
                            interval_text(deepest->against.difference, "pair"));
    }
    return text + ".";
}

// Of many networks: how often each level was the best one.
std::string summary_of(const std::vector<FreezeCurve>& curves) {
    std::map<double, std::int64_t> times;
    for (const auto& curve : curves) {
        ++times[best_level(curve).freeze];
    }
    std::string text;
    for (const auto& [freeze, count] : times) {
        text += fmt::format("{}at {} % frozen for {}", text.empty() ? "" : ", ",
                            core::shortest(freeze), count);
    }
    return fmt::format("Of {} networks on their datasets, the highest mean validation AUC is {}.",
                       curves.size(), text);
}

}  // namespace

Chapter freezing(const Material& material) {
    Chapter chapter{{}, {"freezing", "What is reused?", {}}};
    const auto rule = material.settings.learning_rate;
    std::vector<Row> rows;
    std::vector<std::vector<FreezeCurve>> kept;
    kept.reserve(2);
    for (const auto metric : {Metric::val_auc, material.metric}) {
        kept.push_back(findings::freeze_curves(material.contexts, rule, metric));
        for (const auto& curve : kept.back()) {
            for (const auto& level : curve.levels) {
                rows.push_back({&curve, &level, metric});
            }
        }
    }
    std::vector<Paragraph> sentences;
    for (const auto& curve : kept.front()) {
        sentences.push_back({sentence(curve, Metric::val_auc), Tone::finding});
    }
    add_sentences(chapter, std::move(sentences), summary_of(kept.front()));
    for (const auto& dataset : material.datasets) {
        const auto& curves = kept.front();
        if (std::none_of(curves.begin(), curves.end(), [&](const FreezeCurve& curve) {
                return curve.context->dataset == dataset;
            })) {
            continue;
        }
        for (const auto& figure :
             {freeze_figure(material, kept[0], dataset, Metric::val_auc, Scale::layers),
              freeze_figure(material, kept[0], dataset, Metric::val_auc, Scale::parameters),
              freeze_figure(material, kept[1], dataset, material.metric, Scale::layers)}) {
            for (auto& part : divided(figure)) {
                chapter.section.blocks.emplace_back(std::move(part));
            }
        }
    }
    if (!rows.empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"freeze", "Every freeze level",
                  "against_0: paired differences from the level without frozen layers, 95 % "
                  "intervals over pairs.",
                  freeze_table(rows)});
    }
    return chapter;
}

}  // namespace graft::results::report
