// SPDX-License-Identifier: Apache-2.0
// How fast: validation curves and speedups.
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

// What tells figures of the same kind apart; nothing where there is only one.
std::string condition(const Material& material, RateRule rule, Curve curve) {
    std::string text;
    if (material.has_rates()) {
        text += rule == RateRule::same ? ", one learning rate" : ", own best rates";
    }
    return curve == Curve::moving ? text : text + ", batch norm taken anew";
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

// Networks that have one arm alone (a small one without pretrained weights) would make the arms'
// means unlike.
std::vector<findings::Context> contexts_of_several_arms(const Material& material,
                                                        const std::string& dataset) {
    std::vector<findings::Context> all, several;
    for (const auto& context : material.contexts) {
        const auto arms = context.arms();
        const auto open = std::count_if(arms.begin(), arms.end(), [](const Arm& arm) {
            return arm.freeze == 0 && arm.transfer == 100;
        });
        if (context.dataset == dataset) {
            all.push_back(context);
            if (open > 1) {
                several.push_back(context);
            }
        }
    }
    return several.empty() ? all : several;
}

std::string trials_text(std::size_t least, std::size_t most) {
    return least == most ? counted(static_cast<std::int64_t>(most), "trial")
                         : fmt::format("{} to {} trials", least, most);
}

// Whether every arm has the same rate under both rules: their figures would be one and the same.
bool is_same_under_both(const Material& material, const std::string& dataset) {
    for (const auto& context : material.contexts) {
        for (const auto& arm : context.dataset == dataset ? context.arms() : std::vector<Arm>{}) {
            const bool open = arm.freeze == 0 && arm.transfer == 100;
            if (open && findings::rate_for(context, arm, RateRule::same) !=
                            findings::rate_for(context, arm, RateRule::own_best)) {
                return false;
            }
        }
    }
    return true;
}

std::optional<Figure> curve_figure(const Material& material, const std::string& dataset,
                                   RateRule rule, Curve curve) {
    LineChart chart;
    chart.x.label = "epoch, warm-up included";
    chart.y.label = "validation AUC";
    chart.references = {{"floor", floor_of(material, dataset)}};
    std::string alt, over;
    double steps = NAN;
    std::size_t least = SIZE_MAX, most = 0;  // trials behind an arm
    int colour = 0;
    const auto compared = contexts_of_several_arms(material, dataset);
    for (const auto& arm : material.open_arms(dataset)) {
        const auto mean = findings::mean_curve(compared, dataset, arm, rule, curve);
        if (!mean) {
            continue;
        }
        chart.series.push_back(series_of(*mean, colour));
        chart.series.push_back(trend_of(*mean, colour++));
        steps = mean->epochs.front().steps;
        least = std::min(least, mean->trials);
        most = std::max(most, mean->trials);
        over = mean->over == findings::Over::networks
                   ? fmt::format("over {} networks, each the mean of its seeds", mean->networks)
                   : fmt::format("over {} of one network, where there are several",
                                 trials_text(least, most));
        alt += fmt::format("{} ends at {}. ", findings::text_of(arm),
                           number(mean->epochs.back().value.estimate));
    }
    if (chart.series.empty()) {
        return std::nullopt;
    }
    fit_auc_axis(chart);
    return Figure{
        plain_id(fmt::format("curves-{}-{}-{}", dataset, core::name_of(rule),
                             curve == Curve::moving ? "moving" : "reestimated")),
        fmt::format("Validation AUC on {}{}", dataset, condition(material, rule, curve)),
        fmt::format("Nothing frozen{}; batch norm by {}. Bands: pointwise 95 % intervals {}. "
                    "Dashed: running median of three epochs. One epoch is about {:.0f} optimizer "
                    "steps.",
                    material.rule_text(rule), name_of(curve), over, steps),
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

std::string ratio(const SpeedupSummary& summary) {
    const auto& steps = summary.steps;
    if (summary.is_bound()) {
        return "less than " + number(steps.estimate, 1);
    }
    return number(steps.estimate, 1) +
           (steps.known() ? fmt::format(" ({} to {})", number(steps.low, 1), number(steps.high, 1))
                          : "");
}

// Of one arm on one dataset, all shares together.
std::string sentence(const Material& material, const std::vector<const SpeedupSummary*>& shares,
                     RateRule rule) {
    const auto& full = *shares.back();
    std::string text = fmt::format(
        "On {}, the speedup of {} over random, in optimizer steps until random's best validation "
        "AUC, is {}",
        full.dataset, findings::text_of(full.arm), ratio(full));
    for (const auto* share : shares) {
        if (share != &full) {
            text += fmt::format("; to {:.0f} % of the way there {}", 100 * share->f, ratio(*share));
        }
    }
    text += fmt::format("{}. In seconds of training: {}{}.", material.rule_text(rule),
                        full.is_bound() ? "less than " : "", number(full.seconds.estimate, 1));
    text += full.steps.n == 1 ? std::string(" One pair, so no intervals.")
                              : fmt::format(" {}.", counted(full.steps.n, "pair"));
    if (full.never > 0) {
        text += fmt::format(" {} of {} never reached random's best.", full.never, full.ratios);
    }
    if (full.late_best > 0) {
        text += fmt::format(
            " In {} of {} pairs random was best in its last tenth of epochs, so it had not done "
            "learning: longer training would change this.",
            full.late_best, full.ratios);
    }
    return text;
}

std::vector<Paragraph> speedup_sentences(const Material& material, const std::vector<Speed>& speeds,
                                         RateRule rule) {
    std::vector<Paragraph> sentences;
    std::vector<const SpeedupSummary*> shares;
    for (const auto& [own, summary] : speeds) {
        if (own != rule || summary.curve != Curve::moving) {
            continue;
        }
        shares.push_back(&summary);
        if (summary.f == 1) {
            sentences.push_back({sentence(material, shares, rule), Tone::finding});
            shares.clear();
        }
    }
    return sentences;
}

std::optional<Figure> speedup_figure(const Material& material, const std::vector<Speed>& speeds,
                                     RateRule rule, Curve curve) {
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
        "How much sooner than random" + condition(material, rule, curve),
        fmt::format("Optimizer steps, warm-up included, until the running median of three "
                    "validations first covers that share of the way from the floor to random's "
                    "best; geometric means, 95 % intervals over pairs{}. Batch norm by {}. An "
                    "arrow: half or more never got there, so an upper bound.",
                    material.rule_text(rule), name_of(curve)),
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

}  // namespace

Chapter training_speed(const Material& material) {
    Chapter chapter{{}, {"speed", "How fast?", {}}};
    const auto speeds = speedups_of(material);
    chapter.findings = speedup_sentences(material, speeds, material.settings.learning_rate);
    for (const auto& dataset : material.datasets) {
        for (const auto curve : {Curve::moving, Curve::reestimated}) {
            for (const auto rule : material.rules()) {
                if (rule != material.settings.learning_rate &&
                    is_same_under_both(material, dataset)) {
                    continue;
                }
                if (auto figure = curve_figure(material, dataset, rule, curve)) {
                    chapter.section.blocks.emplace_back(std::move(*figure));
                }
            }
        }
    }
    for (const auto curve : {Curve::moving, Curve::reestimated}) {
        for (const auto rule : material.rules()) {
            if (auto figure = speedup_figure(material, speeds, rule, curve)) {
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
    return chapter;
}

}  // namespace graft::results::report
