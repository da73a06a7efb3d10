// SPDX-License-Identifier: Apache-2.0
#include "results/report/sample_page.hpp"

#include <cmath>

#include <fmt/format.h>

namespace graft::tests {

namespace report = results::report;
using report::Bound;
using report::Point;
using report::Series;

namespace {

constexpr const char* kHostile =
    "</script><script>alert(1)</script> & \"quotes\" <b>'x'</b> \x1b[31m";

// In 0 to 1, by number.
double noise(std::size_t index) {
    return std::fmod(std::abs(std::sin(static_cast<double>(index) * 12.9898) * 43758.5453), 1.0);
}
// About a normal deviate.
double spread(std::size_t index) {
    return noise(3 * index) + noise(3 * index + 1) + noise(3 * index + 2) - 1.5;
}

Series curve(const std::string& name, int colour, double best, double rate) {
    Series series{name, {}, colour};
    for (int epoch = 1; epoch <= 53; ++epoch) {
        const double y = best - (best - 0.5) * std::exp(-epoch / rate) +
                         0.008 * spread(static_cast<std::size_t>(epoch + 100 * colour));
        const double half = 0.015 + 0.02 * std::exp(-epoch / 8.0);
        series.points.push_back({double(epoch), y, y - half, y + half, Bound::none, "5 seeds"});
    }
    return series;
}

report::Figure short_lines() {
    report::LineChart chart;
    chart.x = {"frozen layers (percent)", {}, false, {}, {}};
    chart.y = {"test AUC", {}, false, {}, {}};
    const char* names[] = {"mobilenet_0.25", "resnet50_v2", "inception_v3", "densenet121"};
    for (int s = 0; s < 8; ++s) {
        Series series{
            fmt::format("{}, {}", names[s % 4], s < 4 ? "imagenet" : "random"), {}, s % 4, s >= 4};
        for (int freeze = 0; freeze <= 100; freeze += 25) {
            const double y = 0.93 - 0.01 * s - 0.0009 * freeze * (s < 4 ? 0.5 : 1.8);
            series.points.push_back({double(freeze), y, y - 0.01, y + 0.012});
        }
        chart.series.push_back(series);
    }
    return {"freeze", "Test AUC falls as more layers are frozen, faster from random weights",
            "Mean over 5 seeds, with 95 % intervals over seeds (Student).",
            "Eight falling lines: pretrained networks lose 0.04, random ones 0.16.", chart};
}

report::Figure many_categories() {
    report::IntervalChart chart;
    chart.x.categories = {"mobilenet_0.25", "mobilenet_1.0", "resnet50_v2",
                          "inception_v3",   "densenet121",   "small_cnn"};
    chart.y.label = "imagenet minus random (test AUC)";
    Series series{"freeze 0", {}, 0};
    for (int i = 0; i < 6; ++i) {
        const double y = 0.03 - 0.011 * i;
        series.points.push_back(
            {double(i), y, y - 0.01 - 0.002 * i, y + 0.012, Bound::none, "5 pairs"});
    }
    chart.series.push_back(series);
    chart.references.push_back({"no difference", 0});
    return {"differences", "Pretraining helps small networks most",
            "Paired differences per seed; 95 % intervals over seeds.",
            "Differences fall from 0.03 for MobileNet to -0.025 for the small network.", chart};
}

report::Section findings() {
    report::Sheet sheet{"pairs", "Confirmatory comparisons", "Holm over four comparisons.", {}};
    sheet.table.name = "pairs";
    const std::vector<int> rows{0, 1, 2, 3};
    const std::vector<std::string> datasets{"pcam", "retina", "proteins", "cats_vs_dogs"};
    sheet.table.columns = {
        results::column("dataset", rows, [&](int r) { return datasets[std::size_t(r)]; }),
        results::column("difference", rows, [](int r) { return 0.031 - 0.012 * r; }),
        results::column("low", rows, [](int r) { return 0.021 - 0.012 * r; }),
        results::column("high", rows, [](int r) { return r == 2 ? NAN : 0.041 - 0.012 * r; }),
        results::column("p", rows, [](int r) { return 0.000012 * std::pow(40, r); }),
        results::column("pairs", rows, [](int) { return 5; })};
    return {"findings",
            "Findings",
            {report::Paragraph{"Pretrained weights raise test AUC on pcam by 0.031 "
                               "[0.021, 0.041] over 5 seeds, and on retina by 0.019 "
                               "[0.009, 0.029].",
                               report::Tone::finding},
             report::Paragraph{"Training from them reaches 0.9 of the gain 2.1 [1.5, 3.1] times as "
                               "fast on pcam; on cats_vs_dogs at least 6.2 times.",
                               report::Tone::finding},
             report::Paragraph{"Rankings use validation; test was scored once for each trial."},
             report::Paragraph{"Two arms have their best learning rate at the edge of the list.",
                               report::Tone::warning},
             sheet}};
}

report::Section tables() {
    report::Sheet trials{"trials", "Trials", "One row for each trial.", trial_table(130)};
    report::Sheet folded{"trials", "Trials again", "Closed at first.", trial_table(3), true};
    return {"tables", "Tables", {trials, folded}};
}

}  // namespace

report::Figure line_figure() {
    report::LineChart chart;
    chart.x.label = "epoch";
    chart.y.label = "validation AUC";
    chart.series = {curve("imagenet", 0, 0.93, 5), curve("random", 1, 0.86, 14),
                    curve("mean_var", 2, 0.88, 10)};
    chart.references = {{"floor", 0.4857}};
    return {"curves-retina", "Pretrained networks learn faster",
            "Mean over seeds within network, then over 4 networks; pointwise 95 % bands.",
            "Three rising curves; imagenet is above the others from the first epoch.", chart};
}

report::Figure interval_figure() {
    report::IntervalChart chart;
    chart.x.categories = {"pcam", "retina", "proteins", "cats_vs_dogs"};
    chart.y.label = "speedup (times)";
    chart.y.logarithmic = true;
    chart.series = {{"imagenet",
                     {{0, 2.1, 1.5, 3.1, Bound::none, "5 seeds"},
                      {1, 1.4, 0.9, 2.1},
                      {2, 3.3, 2.5, 4.1},
                      {3, 6.2, NAN, NAN, Bound::at_least, "3 of 5 never reached"}},
                     0},
                    {"mean_var",
                     {{0, 1.1, 0.8, 1.4},
                      {1, 0.9, 0.7, 1.2},
                      {2, 1.3, 1.0, 1.7},
                      {3, 0.5, NAN, NAN, Bound::at_most}},
                     2}};
    chart.references = {{"equal", 1}};
    return {"speedup", "Steps that random weights need, over those of others",
            "Geometric mean over seeds with 95 % intervals. An arrow: never reached.",
            "Imagenet is 1.4 to 6.2 times as fast; mean_var makes no difference.", chart};
}

report::Figure panel_figure(std::size_t panels, std::size_t points) {
    report::PanelChart chart;
    const char* inits[] = {"random", "imagenet", "mean_var"};
    for (std::size_t p = 0; p < panels; ++p) {
        report::Panel panel{fmt::format("mobilenet_0.25, {}", inits[p % 3]),
                            "neighbours 0.91, linear probe 0.93",
                            {}};
        for (std::size_t k = 0; k < 6; ++k) {
            Series series{
                k == 0 ? std::string("none <&>") : fmt::format("grade {}", k), {}, int(k)};
            for (std::size_t i = 0; i < points; ++i) {
                const std::size_t n = (p * 6 + k) * points + i;
                series.points.push_back({60 * (noise(p * 7 + k) - 0.5) + 16 * spread(n),
                                         60 * (noise(p * 9 + 3 * k) - 0.5) + 16 * spread(n + 7)});
            }
            panel.series.push_back(series);
        }
        chart.panels.push_back(panel);
    }
    return {"tsne", "Features before the head",
            "t-SNE of the same 1,980 test images, perplexity 30, PCA start.",
            "Classes are apart for imagenet and mixed for random.", chart};
}

report::Figure heat_figure() {
    report::HeatChart chart;
    chart.names = {"none", "mild", "moderate", "severe", "proliferative"};
    for (std::size_t row = 0; row < 5; ++row) {
        for (std::size_t column = 0; column < 5; ++column) {
            const double count = row == column ? 1200 : 90 * noise(5 * row + column);
            chart.counts.push_back(std::int64_t(count / double(1 + 3 * row)));
        }
    }
    return {"Confusion Retina", "What is taken for what",
            "Test images of all seeds; a cell's shade is its share of its row.",
            "Most images are on the diagonal.", chart};
}

results::Table trial_table(std::size_t rows) {
    std::vector<std::size_t> index(rows);
    for (std::size_t i = 0; i < rows; ++i) {
        index[i] = i;
    }
    const char* networks[] = {"mobilenet_0.25", "resnet50_v2", "inception_v3"};
    results::Table table{"trials", {}};
    table.columns = {
        results::column("trial", index,
                        [](std::size_t i) { return fmt::format("{:012x}", i * 7919); }),
        results::column("network", index,
                        [&](std::size_t i) { return std::string(networks[i % 3]); }),
        results::column("init", index,
                        [](std::size_t i) { return std::string(i % 2 ? "random" : "imagenet"); }),
        results::column("seed", index, [](std::size_t i) { return int(i % 5); }),
        results::column("learning_rate", index, [](std::size_t i) { return i % 2 ? 1e-5 : 1e-3; }),
        results::column("message", index,
                        [](std::size_t i) { return std::string(i == 1 ? kHostile : ""); }),
        results::column("test_auc", index,
                        [](std::size_t i) { return i % 9 == 4 ? NAN : 0.8 + 0.19 * noise(i); })};
    for (std::size_t extra = 0; extra < 18; ++extra) {
        table.columns.push_back(
            results::column(fmt::format("value_{}", extra), index, [extra](std::size_t i) {
                return noise(i * 31 + extra) * (extra % 4 == 0 ? 1000 : 1);
            }));
    }
    return table;
}

report::Page sample_page() {
    return {"transfer <study> & \"more\"",
            "36 of 36 trials, 25 November 2026, graft 0.1.0",
            {findings(),
             {"figures",
              "Figures",
              {line_figure(), short_lines(), interval_figure(), many_categories(), panel_figure(),
               heat_figure()}},
             tables(),
             {"provenance",
              "Provenance",
              {report::Paragraph{std::string("A message of a trial: ") + kHostile}}}}};
}

}  // namespace graft::tests
