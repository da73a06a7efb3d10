// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"

#include "sweep/dataset_row.hpp"
#include "sweep/stopping.hpp"

#include "results/floor.hpp"
#include "results/report/chapter.hpp"

namespace graft::results::report {

Material material_of(const Source& source) {
    Material material{source,
                      sweep::findings_settings(source.record.sweep_file()),
                      findings::Metric::test_auc,
                      findings::contexts_of(source.record),
                      {}};
    material.metric = core::value_of<findings::Metric>(material.settings.metric)
                          .value_or(findings::Metric::test_auc);
    material.datasets = findings::datasets_of(material.contexts);
    const auto& trials = source.record.trials();
    const bool stopped = std::any_of(trials.begin(), trials.end(), [](const sweep::Trial& trial) {
        return std::holds_alternative<sweep::Stopped>(trial.state);
    });
    if (stopped && !sweep::stopping_settings(source.record.sweep_file()).family) {
        material.without_stopped = findings::without_stopped(material.contexts);
    }
    return material;
}

void Source::read_tests(const std::vector<const sweep::Trial*>& trials, const UseTest& use) const {
    if (tests) {
        tests(trials, use);
        return;
    }
    for (std::size_t i = 0; i < trials.size(); ++i) {
        predictions::TestRead read;
        try {
            auto kept = predictions(*trials[i]);
            read.classes = static_cast<int>(kept.classes.size());
            read.test = std::move(kept.test);
        } catch (const core::InputError& error) {
            read.why_not = error.what();
        }
        use(i, std::move(read));
    }
}

double Material::validation_floor(const findings::Context& context) const {
    for (const auto& cell : context.cells) {
        for (const auto& run : cell.runs) {
            const auto& trial = *run.trial;
            const auto* data = sweep::dataset_row(source.record, trial);
            if (data) {
                const double floor = auc_floor(data->train_counts, data->validation_counts);
                return std::isnan(floor) ? 0.5 : floor;
            }
        }
    }
    return 0.5;
}

std::vector<findings::Arm> Material::open_arms(const std::string& dataset) const {
    std::vector<findings::Arm> arms;
    for (const auto& context : contexts) {
        for (const auto& arm :
             context.dataset == dataset ? context.arms() : std::vector<findings::Arm>{}) {
            if (arm.freeze == 0 && arm.transfer == 100 &&
                std::find(arms.begin(), arms.end(), arm) == arms.end()) {
                arms.push_back(arm);
            }
        }
    }
    return arms;
}

bool Material::has_rates() const {
    return std::any_of(contexts.begin(), contexts.end(), [](const findings::Context& context) {
        const auto arms = context.arms();
        return std::any_of(arms.begin(), arms.end(),
                           [&](const findings::Arm& arm) { return context.rates(arm).size() > 1; });
    });
}

std::vector<sweep::RateRule> Material::rules() const {
    const auto first = settings.learning_rate;
    const auto other =
        first == sweep::RateRule::same ? sweep::RateRule::own_best : sweep::RateRule::same;
    return has_rates() ? std::vector{first, other} : std::vector{first};
}

std::string Material::rule_text(sweep::RateRule rule) const {
    if (!has_rates()) {
        return "";
    }
    return rule == sweep::RateRule::same ? ", both at the same learning rate"
                                         : ", each at its own best learning rate";
}

void add_sentences(Chapter& chapter, std::vector<Paragraph> sentences, const std::string& summary) {
    if (sentences.size() > kMostInOpening) {
        chapter.findings.push_back(
            {fmt::format("{} Each network's own sentence stands under \"{}\".", summary,
                         chapter.section.heading),
             Tone::finding});
        for (auto& sentence : sentences) {
            chapter.section.blocks.emplace_back(std::move(sentence));
        }
        return;
    }
    for (auto& sentence : sentences) {
        chapter.findings.push_back(std::move(sentence));
    }
}

namespace {

template <class Plane>
std::vector<Figure> divided(const Figure& figure, const Plane& chart) {
    const std::size_t all = chart.series.size(), parts = (all + kMostSeries - 1) / kMostSeries;
    if (parts < 2) {
        return {figure};
    }
    double low = INFINITY, high = -INFINITY;
    for (const auto& series : chart.series) {
        for (const auto& point : series.points) {
            low = std::fmin(low, std::fmin(point.y, point.low));
            high = std::fmax(high, std::fmax(point.y, point.high));
        }
    }
    std::vector<Figure> figures;
    for (std::size_t part = 0; part < parts; ++part) {
        const std::size_t first = part * all / parts, last = (part + 1) * all / parts;
        Plane own = chart;
        own.series.assign(chart.series.begin() + static_cast<std::ptrdiff_t>(first),
                          chart.series.begin() + static_cast<std::ptrdiff_t>(last));
        for (std::size_t i = 0; i < own.series.size(); ++i) {
            own.series[i].colour = static_cast<int>(i);
        }
        if (low <= high && !chart.y.low && !chart.y.high) {
            own.y.low = low - 0.05 * (high - low);
            own.y.high = high + 0.05 * (high - low);
        }
        Figure one = figure;
        one.chart = std::move(own);
        one.title += fmt::format(" ({} of {})", part + 1, parts);
        one.caption += fmt::format(" {} of {} series, on the axes of all.", last - first, all);
        figures.push_back(std::move(one));
    }
    return figures;
}

}  // namespace

std::vector<Figure> divided(const Figure& figure) {
    if (const auto* lines = std::get_if<LineChart>(&figure.chart)) {
        return divided(figure, *lines);
    }
    if (const auto* intervals = std::get_if<IntervalChart>(&figure.chart)) {
        return divided(figure, *intervals);
    }
    return {figure};
}

void fit_auc_axis(LineChart& chart) {
    double low = 1, high = 0;
    for (const auto& series : chart.series) {
        for (const auto& point : series.points) {
            low = std::min(low, point.y);
            high = std::max(high, point.y);
        }
    }
    if (low <= high) {
        chart.y.low = std::floor(20 * (low - 0.02)) / 20;
        chart.y.high = std::min(1.0, std::ceil(20 * (high + 0.02)) / 20);
    }
}

}  // namespace graft::results::report
