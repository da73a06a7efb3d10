// SPDX-License-Identifier: Apache-2.0
#include "results/report/learning_rate.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

// Differences over rates; what is there is added to `alt`.
Series series_of(const Material& material, const std::string& dataset, const findings::Arm& arm,
                 const findings::Arm& baseline, std::string& alt) {
    Series series{
        fmt::format("{}, {} - {}", dataset, findings::text_of(arm), findings::text_of(baseline)),
        {},
        0,
        false};
    for (const double rate : findings::common_rates(material.contexts, dataset, arm, baseline)) {
        const auto at = findings::dataset_effect_at(material.contexts, dataset, arm, baseline, rate,
                                                    material.metric);
        if (at) {
            const auto& points = at->points.difference;
            series.points.push_back({rate, points.estimate, points.low, points.high, Bound::none,
                                     counted(points.n, "pair")});
            alt += fmt::format("{} at {}: {}. ", series.name, rate_text(rate),
                               signed_number(points.estimate));
        }
    }
    return series;
}

}  // namespace

std::string by_rate_text(const Material& material, const findings::DatasetEffect& effect) {
    if (!material.has_rates()) {
        return "";
    }
    std::vector<std::string> texts;
    for (const double rate :
         findings::common_rates(material.contexts, effect.dataset, effect.arm, effect.baseline)) {
        if (const auto at =
                findings::dataset_effect_at(material.contexts, effect.dataset, effect.arm,
                                            effect.baseline, rate, material.metric)) {
            texts.push_back(fmt::format("at {} {} ({})", rate_text(rate),
                                        signed_number(at->points.difference.estimate),
                                        counted(at->points.difference.n, "pair")));
        }
    }
    return texts.empty() ? ""
                         : fmt::format(" Both at the same learning rate: {}.", core::join(texts));
}

// The difference against the learning rate of both arms.
std::optional<Figure> rate_figure(const Material& material,
                                  const std::vector<findings::Contrast>& contrasts) {
    LineChart chart;
    chart.x = {"learning rate of both", {}, true, {}, {}};
    chart.y.label = fmt::format("difference in {}", text_of(material.metric));
    chart.references = {{"no difference", 0}};
    std::string alt;
    std::size_t most = 0;
    for (const auto& dataset : material.datasets) {
        for (const auto& [arm, baseline] : contrasts) {
            auto series = series_of(material, dataset, arm, baseline, alt);
            series.colour = static_cast<int>(chart.series.size());
            most = std::max(most, series.points.size());
            if (!series.points.empty()) {
                chart.series.push_back(std::move(series));
            }
        }
    }
    if (most < 2) {
        return std::nullopt;
    }
    return Figure{"effects-by-rate", "The learning rate decides what a start gains",
                  "Both arms at the same learning rate; paired by seed and division, averaged over "
                  "networks; bands: 95 % intervals over pairs, none where there is one pair.",
                  alt, std::move(chart)};
}

}  // namespace graft::results::report
