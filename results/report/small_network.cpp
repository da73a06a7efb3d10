// SPDX-License-Identifier: Apache-2.0
// Are small networks enough: against large ones, all trained from scratch.
#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

#include "results/report/chapter.hpp"
#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

std::string sentence(const findings::Parity& parity, findings::Metric metric) {
    const auto& test = parity.test;
    std::string text = fmt::format(
        "On {}, {} is {} in {} from {} trained from scratch (", parity.dataset, parity.small,
        signed_number(test.difference.estimate), text_of(metric), parity.others);
    text +=
        test.difference.known()
            ? fmt::format("90 % interval {} to {}, {}", signed_number(test.difference.low),
                          signed_number(test.difference.high), counted(test.difference.n, "pair"))
            : fmt::format("{}, so no interval", counted(test.difference.n, "pair"));
    text += "), each at its own best learning rate: ";
    text += test.equivalent
                ? fmt::format("on par within {} ({}, two one-sided tests).",
                              core::shortest(test.margin), p_text(test.p))
                : fmt::format("that they are within {} of each other is not shown ({}).",
                              core::shortest(test.margin), p_text(test.p));
    return text;
}

Figure figure_of(const Material& material, const std::vector<findings::Parity>& parities) {
    IntervalChart chart;
    chart.y.label = fmt::format("difference in {}", text_of(material.metric));
    const double margin = material.settings.margin;
    chart.references = {{"no difference", 0}, {"margin", margin}, {"margin", -margin}};
    Series series{fmt::format("{} - others from scratch", material.settings.small), {}, 0, false};
    std::string alt;
    for (const auto& parity : parities) {
        const auto& difference = parity.test.difference;
        series.points.push_back({static_cast<double>(chart.x.categories.size()),
                                 difference.estimate, difference.low, difference.high, Bound::none,
                                 parity.others});
        chart.x.categories.push_back(parity.dataset);
        alt += fmt::format("{}: {}. ", parity.dataset, signed_number(difference.estimate));
    }
    chart.series.push_back(std::move(series));
    return {"small-network", fmt::format("{} against the other networks", material.settings.small),
            "All from random weights, each at its own best learning rate; paired by seed and "
            "division. 90 % intervals: within both margins means on par (two one-sided tests at "
            "5 %).",
            alt, std::move(chart)};
}

}  // namespace

Chapter small_network(const Material& material) {
    Chapter chapter{{}, {"small", "Are small networks enough?", {}}};
    const auto parities = findings::parity_of(material.contexts, material.settings.small,
                                              material.metric, material.settings.margin);
    for (const auto& parity : parities) {
        chapter.findings.push_back({sentence(parity, material.metric), Tone::finding});
    }
    if (!parities.empty()) {
        chapter.section.blocks.emplace_back(figure_of(material, parities));
    }
    return chapter;
}

}  // namespace graft::results::report
