// SPDX-License-Identifier: Apache-2.0
// Does it help: differences between arms, and the best checkpoint of each dataset.
#include <algorithm>
#include <cmath>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/findings/best_checkpoint.hpp"
#include "results/report/chapter.hpp"
#include "results/report/learning_rate.hpp"
#include "results/report/patients.hpp"
#include "results/report/words.hpp"
#include "results/statistics/summary.hpp"

namespace graft::results::report {

namespace {

using findings::BestCheckpoint;
using findings::Contrast;
using findings::DatasetEffect;
using sweep::RateRule;

std::string name_of(const DatasetEffect& effect) {
    return fmt::format("{} - {}", findings::text_of(effect.arm),
                       findings::text_of(effect.baseline));
}

struct Family {
    RateRule rule = RateRule::own_best;
    std::vector<DatasetEffect> effects;
};

std::string patients_text(const statistics::Interval& patients, std::string_view who) {
    return patients.known() ? fmt::format(" Other {} would have given {} to {}.", who,
                                          signed_number(patients.low), signed_number(patients.high))
                            : "";
}

std::string sentence(const Material& material, const DatasetEffect& effect, RateRule rule,
                     const Patients& patients, std::size_t family) {
    const auto& points = effect.points.difference;
    const double arm = statistics::summarise(effect.arm_values).mean;
    const double baseline = statistics::summarise(effect.baseline_values).mean;
    std::string text = fmt::format(
        "On {}, {} reached a {} of {} against {} of {}: {} ({}), or {} % ({}){}.", effect.dataset,
        findings::text_of(effect.arm), text_of(material.metric), number(arm), number(baseline),
        findings::text_of(effect.baseline), signed_number(points.estimate),
        interval_text(points, "pair"), signed_number(effect.percent.estimate, 1),
        effect.percent.known() ? fmt::format("{} to {} %", signed_number(effect.percent.low, 1),
                                             signed_number(effect.percent.high, 1))
                               : "no interval",
        material.rule_text(rule));
    text += patients_text(patients.of(effect), patients.who(effect.dataset));
    if (!std::isnan(effect.adjusted_p)) {
        text += fmt::format(" {} after Holm's adjustment for {}.", p_text(effect.adjusted_p),
                            counted(static_cast<std::int64_t>(family), "comparison"));
    }
    if (effect.networks.size() > 1) {
        std::set<std::string> names;
        for (const auto& network : effect.networks) {
            names.insert(network.context->network);
        }
        text += names.size() == effect.networks.size()
                    ? fmt::format(" Averaged over {} networks.", names.size())
                    : fmt::format(" Averaged over {} settings of {}.", effect.networks.size(),
                                  counted(std::ssize(names), "network"));
    }
    return text;
}

// "On average over 3 datasets imagenet is +0.04 above random": descriptive.
std::optional<std::string> average_sentence(const Material& material, const Family& family,
                                            const Contrast& contrast) {
    std::vector<double> points, percent;
    for (const auto& effect : family.effects) {
        if (effect.arm == contrast.arm && effect.baseline == contrast.baseline) {
            points.push_back(effect.points.difference.estimate);
            percent.push_back(effect.percent.estimate);
        }
    }
    if (points.size() < 2) {
        return std::nullopt;
    }
    return fmt::format(
        "Over the {} datasets together, {} is {} above {} on average ({} %){}. Datasets are "
        "no sample: this mean only describes.",
        points.size(), findings::text_of(contrast.arm),
        signed_number(statistics::summarise(points).mean), findings::text_of(contrast.baseline),
        signed_number(statistics::summarise(percent).mean, 1), material.rule_text(family.rule));
}

Figure effect_figure(const Material& material, const std::vector<Family>& families) {
    IntervalChart chart;
    chart.x.categories = material.datasets;
    chart.y.label = fmt::format("difference in {}", text_of(material.metric));
    chart.references = {{"no difference", 0}};
    std::string alt;
    for (std::size_t f = 0; f < families.size(); ++f) {
        std::vector<std::string> names;
        for (const auto& effect : families[f].effects) {
            const auto name = name_of(effect);
            auto place = std::find(names.begin(), names.end(), name);
            if (place == names.end()) {
                names.push_back(name);
                Series series;
                series.name = families.size() > 1
                                  ? fmt::format("{}, {}", name, core::name_of(families[f].rule))
                                  : name;
                std::replace(series.name.begin(), series.name.end(), '_', ' ');
                series.colour = static_cast<int>(names.size()) - 1;
                series.dashed = f > 0;
                chart.series.push_back(std::move(series));
                place = std::prev(names.end());
            }
            const std::size_t at = chart.series.size() - names.size() +
                                   static_cast<std::size_t>(place - names.begin());
            const auto& points = effect.points.difference;
            const auto dataset =
                std::find(material.datasets.begin(), material.datasets.end(), effect.dataset) -
                material.datasets.begin();
            chart.series[at].points.push_back({static_cast<double>(dataset), points.estimate,
                                               points.low, points.high, Bound::none,
                                               counted(points.n, "pair")});
            alt += fmt::format("{}, {}: {}. ", effect.dataset, chart.series[at].name,
                               signed_number(points.estimate));
        }
    }
    return {"effects", fmt::format("What a start gains in {}", text_of(material.metric)),
            "Differences paired by seed and division, averaged over networks within a pair; 95 % "
            "intervals by Student's t over pairs (seeds; over folds the corrected ones), given "
            "these images. No interval: one "
            "pair.",
            alt, std::move(chart)};
}

struct EffectRow {
    RateRule rule;
    const DatasetEffect* effect;
};

std::string rates_of(const EffectRow& row) {
    std::vector<std::string> texts;
    for (const auto& network : row.effect->networks) {
        texts.push_back(fmt::format("{}: {} / {}", network.context->network,
                                    rate_text(network.arm_rate), rate_text(network.baseline_rate)));
    }
    return core::join(texts);
}

// Over the networks of an effect.
template <class Member>
std::int64_t sum_of(const EffectRow& row, Member member) {
    std::int64_t total = 0;
    for (const auto& network : row.effect->networks) {
        total += static_cast<std::int64_t>(network.*member);
    }
    return total;
}

Table effect_table(const Material& material, const std::vector<Family>& families,
                   const Patients& patients) {
    using Row = EffectRow;
    std::vector<Row> rows;
    for (const auto& family : families) {
        for (const auto& effect : family.effects) {
            rows.push_back({family.rule, &effect});
        }
    }
    const auto mean = [](const std::vector<double>& values) {
        return statistics::summarise(values).mean;
    };
    return {
        std::string(core::name_of(material.metric)),
        {
            column("dataset", rows, [](Row r) { return r.effect->dataset; }),
            column("comparison", rows, [](Row r) { return name_of(*r.effect); }),
            column("rates", rows, [](Row r) { return core::name_of(r.rule); }),
            column("pairs", rows, [](Row r) { return r.effect->points.difference.n; }),
            column("networks", rows, [](Row r) { return std::ssize(r.effect->networks); }),
            column("arm", rows, [&](Row r) { return mean(r.effect->arm_values); }),
            column("baseline", rows, [&](Row r) { return mean(r.effect->baseline_values); }),
            column("difference", rows, [](Row r) { return r.effect->points.difference.estimate; }),
            column("low", rows, [](Row r) { return r.effect->points.difference.low; }),
            column("high", rows, [](Row r) { return r.effect->points.difference.high; }),
            column("percent", rows, [](Row r) { return r.effect->percent.estimate; }),
            column("percent_low", rows, [](Row r) { return r.effect->percent.low; }),
            column("percent_high", rows, [](Row r) { return r.effect->percent.high; }),
            column("p", rows, [](Row r) { return r.effect->points.p; }),
            column("p_holm", rows, [](Row r) { return r.effect->adjusted_p; }),
            column("p_wilcoxon", rows,
                   [](Row r) { return r.effect->points.wilcoxon_p.value_or(NAN); }),
            column("patients_low", rows, [&](Row r) { return patients.of(*r.effect).low; }),
            column("patients_high", rows, [&](Row r) { return patients.of(*r.effect).high; }),
            column("unpaired", rows, [](Row r) { return sum_of(r, &findings::Effect::unpaired); }),
            column("failed", rows, [](Row r) { return sum_of(r, &findings::Effect::failed); }),
            column("stopped", rows, [](Row r) { return sum_of(r, &findings::Effect::stopped); }),
            column("diverged", rows, [](Row r) { return sum_of(r, &findings::Effect::diverged); }),
            column("learning_rates", rows, rates_of),
        }};
}

Figure checkpoint_figure(const Material& material, const std::vector<BestCheckpoint>& best,
                         const Patients& patients) {
    IntervalChart chart;
    chart.x.categories = material.datasets;
    chart.y.label = text_of(material.metric);
    std::string alt;
    for (const auto& one : best) {
        auto series = std::find_if(chart.series.begin(), chart.series.end(),
                                   [&](const Series& s) { return s.name == one.init; });
        if (series == chart.series.end()) {
            const auto colour = static_cast<int>(chart.series.size());
            series = chart.series.insert(chart.series.end(), {one.init, {}, colour, false});
        }
        const auto x = std::find(material.datasets.begin(), material.datasets.end(), one.dataset) -
                       material.datasets.begin();
        const double value = findings::value_of(*one.run, material.metric);
        const auto interval = patients.of(one.dataset, *one.run->trial);
        series->points.push_back(
            {static_cast<double>(x), value, interval.low, interval.high, Bound::none,
             fmt::format("{}, {} frozen, {} candidates", one.context->network,
                         core::shortest(one.run->trial->spec.freeze) + " %", one.candidates)});
        alt += fmt::format("{}, {}: {}. ", one.dataset, one.init, number(value));
    }
    return {"best-checkpoints", capital(text_of(material.metric)) + " of the best checkpoint",
            "The one checkpoint of each start with the best validation, over networks, freeze "
            "levels, learning rates and seeds; intervals over other patients (" +
                patients.caption() +
                "), of this one network as trained. Starts with more freeze levels had more "
                "candidates to choose from.",
            alt, std::move(chart)};
}

std::vector<Paragraph> checkpoint_sentences(const Material& material,
                                            const std::vector<BestCheckpoint>& best) {
    std::vector<double> points, percent;
    std::string listed;
    for (const auto& one : best) {
        if (one.init == "random" || one.init == "mean_var") {
            continue;
        }
        const auto random = std::find_if(best.begin(), best.end(), [&](const auto& other) {
            return other.dataset == one.dataset && other.init == "random";
        });
        if (random == best.end()) {
            continue;
        }
        const double own = findings::value_of(*one.run, material.metric);
        const double other = findings::value_of(*random->run, material.metric);
        points.push_back(own - other);
        percent.push_back(100 * (own - other) / other);
        listed += fmt::format("{}{} {} ({} %)", listed.empty() ? "" : ", ", one.dataset,
                              signed_number(points.back()), signed_number(percent.back(), 1));
    }
    if (points.empty()) {
        return {};
    }
    return {{fmt::format("Best pretrained against best random checkpoint, chosen on validation: "
                         "{}{}. One trained network each: no interval over seeds.",
                         listed,
                         points.size() > 1
                             ? fmt::format("; on average {} ({} %)",
                                           signed_number(statistics::summarise(points).mean),
                                           signed_number(statistics::summarise(percent).mean, 1))
                             : ""),
             Tone::finding}};
}

void say_what_is_missing(const Material& material, Chapter& chapter) {
    for (const auto& dataset : material.datasets) {
        const auto arms = material.open_arms(dataset);
        const bool random = std::find(arms.begin(), arms.end(), findings::kRandom) != arms.end();
        if (!random) {
            chapter.findings.push_back(
                {fmt::format("On {} no trial from random weights has a result: what a pretrained "
                             "start gains, and its speedup, cannot be said.",
                             dataset),
                 Tone::warning});
        }
    }
}

std::vector<Contrast> contrasts_of(const Material& material) {
    std::vector<Contrast> contrasts;
    for (const auto& named : material.settings.family) {
        contrasts.push_back(findings::contrast_of(named));
    }
    return contrasts;
}

std::vector<Family> families_of(const Material& material, const std::vector<Contrast>& contrasts) {
    std::vector<Family> families;
    for (const auto rule : material.rules()) {
        families.push_back(
            {rule, findings::family_of(material.tested(), contrasts, rule, material.metric)});
        for (auto& effect : families.back().effects) {
            if (rule != material.settings.learning_rate) {
                effect.adjusted_p = effect.points.p = NAN;  // exploratory: intervals, no tests
                effect.points.wilcoxon_p.reset();
            }
        }
    }
    return families;
}

std::string stopped_text(const findings::DatasetEffect& effect) {
    std::int64_t stopped = 0;
    for (const auto& network : effect.networks) {
        stopped += network.stopped;
    }
    return stopped == 0 ? "" : fmt::format(" {} of these trials stopped early.", stopped);
}

std::vector<Paragraph> sentences_of(const Material& material, const std::vector<Family>& families,
                                    const std::vector<Contrast>& contrasts,
                                    const Patients& patients) {
    std::vector<Paragraph> sentences;
    const auto& headline = families.front();
    for (const auto& effect : headline.effects) {
        sentences.push_back(
            {sentence(material, effect, headline.rule, patients, headline.effects.size()) +
                 by_rate_text(material, effect) + stopped_text(effect),
             Tone::finding});
    }
    for (const auto& contrast : contrasts) {
        for (const auto& family : families) {
            if (const auto text = average_sentence(material, family, contrast)) {
                sentences.push_back({*text, Tone::finding});
            }
        }
    }
    return sentences;
}

}  // namespace

Chapter pretraining(const Material& material) {
    Chapter chapter{{}, {"gain", "Does the start help?", {}}};
    const auto contrasts = contrasts_of(material);
    const auto families = families_of(material, contrasts);
    const auto best = findings::best_checkpoints(material.contexts);
    Patients patients(material);
    for (const auto& family : families) {
        for (const auto& effect : family.effects) {
            patients.add(effect);
        }
    }
    for (const auto& one : best) {
        patients.add(one.dataset, *one.run->trial);
    }
    patients.draw();
    chapter.findings = sentences_of(material, families, contrasts, patients);
    for (auto& paragraph : checkpoint_sentences(material, best)) {
        chapter.findings.push_back(std::move(paragraph));
    }
    say_what_is_missing(material, chapter);
    if (!families.front().effects.empty()) {
        chapter.section.blocks.emplace_back(effect_figure(material, families));
    }
    if (auto figure = rate_figure(material, contrasts)) {
        chapter.section.blocks.emplace_back(std::move(*figure));
    }
    if (!best.empty()) {
        chapter.section.blocks.emplace_back(checkpoint_figure(material, best, patients));
    }
    if (!families.front().effects.empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"effects-table", "Every comparison",
                  fmt::format("Of {}. low, high: 95 % over pairs. p: paired t test (over folds the "
                              "corrected resampled one); p_holm: "
                              "adjusted for the comparisons named in [findings] on all datasets; "
                              "patients_low, patients_high: 95 % over other patients, {}.",
                              text_of(material.metric), patients.caption()),
                  effect_table(material, families, patients)});
    }
    return chapter;
}

}  // namespace graft::results::report
