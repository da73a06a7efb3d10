// SPDX-License-Identifier: Apache-2.0
// How fast: validation curves, speedups, and what training on costs.
#include <algorithm>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/findings/curve.hpp"
#include "results/findings/speedup.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"
#include "results/statistics/summary.hpp"

namespace graft::results::report {

namespace {

using findings::Arm;
using findings::Curve;
using findings::MeanCurve;
using findings::SpeedupSummary;
using sweep::RateRule;

constexpr double kShares[] = {0.5, 0.9, 1.0};

std::string_view name_of(Curve curve) {
    return curve == Curve::moving ? "moving averages" : "statistics taken anew";
}

double floor_of(const Material& material, const std::string& dataset) {
    for (const auto& context : material.contexts) {
        if (context.dataset == dataset && !context.arms().empty()) {
            return material.validation_floor(context);
        }
    }
    return 0.5;
}

// ---- curves

Series series_of(const MeanCurve& curve, int colour) {
    Series series{findings::text_of(curve.arm), {}, colour, false};
    for (const auto& epoch : curve.epochs) {
        series.points.push_back({static_cast<double>(epoch.epoch), epoch.value.estimate,
                                 epoch.value.low, epoch.value.high, Bound::none,
                                 fmt::format("step {:.0f}", epoch.steps)});
    }
    return series;
}

Series trend_of(const MeanCurve& curve, int colour) {
    Series series{findings::text_of(curve.arm) + ", trend", {}, colour, true};
    for (const auto& epoch : curve.epochs) {
        if (!std::isnan(epoch.trend)) {
            series.points.push_back({static_cast<double>(epoch.epoch), epoch.trend});
        }
    }
    return series;
}

std::optional<Figure> curve_figure(const Material& material, const std::string& dataset,
                                   RateRule rule, Curve curve) {
    LineChart chart;
    chart.x.label = "epoch, warm-up included";
    chart.y.label = "validation AUC";
    chart.references = {{"floor", floor_of(material, dataset)}};
    std::string alt, over;
    double steps = NAN;
    int colour = 0;
    for (const auto& arm : material.open_arms(dataset)) {
        const auto mean = findings::mean_curve(material.contexts, dataset, arm, rule, curve);
        if (!mean) {
            continue;
        }
        chart.series.push_back(series_of(*mean, colour));
        chart.series.push_back(trend_of(*mean, colour++));
        steps = mean->epochs.front().steps;
        over = mean->over == findings::Over::networks
                   ? fmt::format("over {} networks, each the mean of its seeds", mean->networks)
                   : fmt::format("over {} of one network",
                                 counted(static_cast<std::int64_t>(mean->trials), "trial"));
        alt += fmt::format("{} ends at {}. ", findings::text_of(arm),
                           number(mean->epochs.back().value.estimate));
    }
    if (chart.series.empty()) {
        return std::nullopt;
    }
    return Figure{
        plain_id(fmt::format("curves-{}-{}-{}", dataset, core::name_of(rule),
                             curve == Curve::moving ? "moving" : "reestimated")),
        fmt::format("Validation AUC on {} by epoch", dataset),
        fmt::format("Nothing frozen, {}; batch norm by {}. Bands: pointwise 95 % intervals {}. "
                    "Dashed: running median of three epochs. One epoch is about {:.0f} optimizer "
                    "steps.",
                    text_of(rule), name_of(curve), over, steps),
        alt, std::move(chart)};
}

// ---- speedups

struct Speed {
    RateRule rule;
    SpeedupSummary summary;
};

std::vector<Speed> speedups_of(const Material& material) {
    std::vector<Speed> found;
    for (const auto rule : material.rules()) {
        for (const auto& dataset : material.datasets) {
            const double floor = floor_of(material, dataset);
            for (const auto& arm : material.open_arms(dataset)) {
                if (arm == findings::kRandom) {
                    continue;
                }
                for (const auto curve : {Curve::moving, Curve::reestimated}) {
                    for (const double f : kShares) {
                        if (auto summary = findings::dataset_speedup(material.contexts, dataset,
                                                                     arm, rule, curve, f, floor)) {
                            found.push_back({rule, std::move(*summary)});
                        }
                    }
                }
            }
        }
    }
    return found;
}

std::string sentence(const SpeedupSummary& summary, RateRule rule) {
    const auto& steps = summary.steps;
    std::string text =
        fmt::format("On {}, {} reached ", summary.dataset, findings::text_of(summary.arm));
    text += summary.f < 1 ? fmt::format("{:.0f} % of the way to random's best validation AUC ",
                                        100 * summary.f)
                          : std::string("random's best validation AUC ");
    if (summary.is_bound()) {
        text += fmt::format("less than {} times as fast as random", number(steps.estimate, 1));
    } else {
        text += fmt::format("{} times as fast ({})", number(steps.estimate, 1),
                            interval_text(steps, "pair", 1));
    }
    text +=
        fmt::format(", counted in optimizer steps, {}; in seconds {}{}.", text_of(rule),
                    summary.is_bound() ? "less than " : "", number(summary.seconds.estimate, 1));
    if (summary.never > 0) {
        text += fmt::format(" {} of {} never reached it.", summary.never, summary.ratios);
    }
    if (summary.late_best > 0) {
        text += fmt::format(
            " In {} of {} pairs random was best in its last tenth of epochs, so it had not done "
            "learning: a longer training would change this.",
            summary.late_best, summary.ratios);
    }
    return text;
}

std::optional<Figure> speedup_figure(const std::vector<Speed>& speeds, RateRule rule, Curve curve) {
    IntervalChart chart;
    chart.y = {"times as fast as random, in steps", {}, true, {}, {}};
    chart.references = {{"as fast", 1}};
    for (const double f : kShares) {
        chart.series.push_back({fmt::format("{:.0f} % of random's rise", 100 * f),
                                {},
                                static_cast<int>(chart.series.size()),
                                false});
    }
    std::string alt;
    for (const auto& [own, summary] : speeds) {
        if (own != rule || summary.curve != curve) {
            continue;
        }
        const std::string name =
            fmt::format("{}: {}", summary.dataset, findings::text_of(summary.arm));
        auto& names = chart.x.categories;
        auto place = std::find(names.begin(), names.end(), name);
        if (place == names.end()) {
            place = names.insert(names.end(), name);
        }
        const auto series = static_cast<std::size_t>(
            std::find(std::begin(kShares), std::end(kShares), summary.f) - std::begin(kShares));
        chart.series[series].points.push_back(
            {static_cast<double>(place - names.begin()), summary.steps.estimate, summary.steps.low,
             summary.steps.high, summary.is_bound() ? Bound::at_most : Bound::none,
             fmt::format("{} of {} never", summary.never, summary.ratios)});
        alt +=
            fmt::format("{} at {:.0f} %: {}{}. ", name, 100 * summary.f,
                        summary.is_bound() ? "less than " : "", number(summary.steps.estimate, 1));
    }
    if (chart.x.categories.empty()) {
        return std::nullopt;
    }
    return Figure{
        plain_id(fmt::format("speedup-{}-{}", core::name_of(rule),
                             curve == Curve::moving ? "moving" : "reestimated")),
        "How much sooner than random",
        fmt::format("Optimizer steps, warm-up included, until the running median of three "
                    "validations first covers that share of the way from the floor to random's "
                    "best; geometric means, 95 % intervals over pairs. {}; batch norm by {}. An "
                    "arrow: half or more never got there, so an upper bound.",
                    text_of(rule), name_of(curve)),
        alt, std::move(chart)};
}

Table speedup_table(const std::vector<Speed>& speeds) {
    using Row = Speed;
    return {
        "speedups",
        {
            column("dataset", speeds, [](const Row& r) { return r.summary.dataset; }),
            column("arm", speeds, [](const Row& r) { return findings::text_of(r.summary.arm); }),
            column("rates", speeds, [](const Row& r) { return core::name_of(r.rule); }),
            column("batch_norm", speeds, [](const Row& r) { return name_of(r.summary.curve); }),
            column("share", speeds, [](const Row& r) { return r.summary.f; }),
            column(
                "bound", speeds,
                [](const Row& r) { return std::string(r.summary.is_bound() ? "less than" : ""); }),
            column("steps", speeds, [](const Row& r) { return r.summary.steps.estimate; }),
            column("low", speeds, [](const Row& r) { return r.summary.steps.low; }),
            column("high", speeds, [](const Row& r) { return r.summary.steps.high; }),
            column("seconds", speeds, [](const Row& r) { return r.summary.seconds.estimate; }),
            column("seconds_low", speeds, [](const Row& r) { return r.summary.seconds.low; }),
            column("seconds_high", speeds, [](const Row& r) { return r.summary.seconds.high; }),
            column("networks", speeds, [](const Row& r) { return std::ssize(r.summary.networks); }),
            column("pairs", speeds,
                   [](const Row& r) { return static_cast<std::int64_t>(r.summary.ratios); }),
            column("never_reached", speeds,
                   [](const Row& r) { return static_cast<std::int64_t>(r.summary.never); }),
            column("random_best_late", speeds,
                   [](const Row& r) { return static_cast<std::int64_t>(r.summary.late_best); }),
        }};
}

// ---- best epochs

std::vector<findings::Overfitting> overfitting(const Material& material) {
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

Table overfitting_table(const std::vector<findings::Overfitting>& rows) {
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

std::vector<Paragraph> overfitting_sentences(const std::vector<findings::Overfitting>& rows) {
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

}  // namespace

Chapter training_speed(const Material& material) {
    Chapter chapter{{}, {"speed", "How fast?", {}}};
    const auto speeds = speedups_of(material);
    for (const auto& [rule, summary] : speeds) {
        if (rule == material.settings.learning_rate && summary.curve == Curve::moving) {
            chapter.findings.push_back({sentence(summary, rule), Tone::finding});
        }
    }
    for (const auto& dataset : material.datasets) {
        for (const auto curve : {Curve::moving, Curve::reestimated}) {
            for (const auto rule : material.rules()) {
                if (auto figure = curve_figure(material, dataset, rule, curve)) {
                    chapter.section.blocks.emplace_back(std::move(*figure));
                }
            }
        }
    }
    for (const auto curve : {Curve::moving, Curve::reestimated}) {
        for (const auto rule : material.rules()) {
            if (auto figure = speedup_figure(speeds, rule, curve)) {
                chapter.section.blocks.emplace_back(std::move(*figure));
            }
        }
    }
    if (!speeds.empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"speedups", "Every speedup",
                  "Geometric means over pairs; low, high: 95 % over pairs. never_reached: pairs "
                  "whose arm did not get there in its whole training. random_best_late: pairs "
                  "whose random arm was best in its last tenth of epochs.",
                  speedup_table(speeds)});
    }
    const auto rows = overfitting(material);
    for (auto& paragraph : overfitting_sentences(rows)) {
        chapter.findings.push_back(std::move(paragraph));
    }
    if (!rows.empty()) {
        chapter.section.blocks.emplace_back(
            Sheet{"overfitting", "Best epochs, and what was lost by going on",
                  "Epochs count from 1, warm-up included; fall: best less last validation AUC. "
                  "low, high: 95 % over seeds.",
                  overfitting_table(rows)});
    }
    return chapter;
}

}  // namespace graft::results::report
