// SPDX-License-Identifier: Apache-2.0
// What the networks see: pictures of the test images' features at several freeze levels.
#include <algorithm>
#include <cmath>
#include <future>
#include <variant>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/text.hpp"

#include "results/features/projection.hpp"
#include "results/features/separation.hpp"
#include "results/findings/best_checkpoint.hpp"
#include "results/report/chapter.hpp"
#include "results/report/words.hpp"

namespace graft::results::report {

namespace {

using findings::Arm;
using findings::Context;

constexpr std::size_t kNeighbours = 5;
constexpr std::size_t kDrawn = 1000;   // images: t-SNE takes the square of them
constexpr std::uint64_t kFoldKey = 1;  // of the probe's folds: the same in all panels

// The most frozen level, the one nearest to 10 % of the rest, and none frozen, as the study has
// them.
std::vector<Arm> levels_of(const Context& context, const std::string& init) {
    std::vector<Arm> arms;
    for (const auto& arm : context.arms()) {
        if (arm.init == init && arm.transfer == 100) {
            arms.push_back(arm);
        }
    }
    if (arms.size() <= 2) {
        std::reverse(arms.begin(), arms.end());
        return arms;
    }
    const auto middle =
        std::min_element(arms.begin() + 1, arms.end() - 1, [](const Arm& a, const Arm& b) {
            return std::abs(a.freeze - 10) < std::abs(b.freeze - 10);
        });
    return {arms.back(), *middle, arms.front()};
}

// The trials of these arms that share the first replicate which all have, each at the arm's best
// rate.
std::vector<const sweep::Trial*> trials_of(const Context& context, const std::vector<Arm>& arms) {
    std::vector<const findings::Cell*> cells;
    for (const auto& arm : arms) {
        cells.push_back(context.find(arm, findings::choose_rate(context, arm)->rate));
    }
    for (const auto& first : cells.front()->runs) {
        std::vector<const sweep::Trial*> trials;
        for (const auto* cell : cells) {
            for (const auto& run : cell->runs) {
                if (run.replicate == first.replicate) {
                    trials.push_back(run.trial);
                }
            }
        }
        if (trials.size() == cells.size()) {
            return trials;
        }
    }
    return {};
}

struct Look {
    Panel panel;
    features::Score neighbours, probe;
    features::Projection projection;
    std::vector<std::string> ids;
};

// What is looked at of the kept features: all rows, or so many at equal distances.
struct Drawn {
    std::vector<float> features;
    std::vector<std::int32_t> labels;
    std::vector<std::string> ids;
};
Drawn drawn_of(const predictions::Predictions& kept) {
    const std::size_t rows = kept.feature_rows.size(), count = std::min(rows, kDrawn);
    Drawn drawn;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t row = i * rows / count;
        const auto first =
            kept.features.begin() + static_cast<std::ptrdiff_t>(row * kept.feature_width);
        drawn.features.insert(drawn.features.end(), first,
                              first + static_cast<std::ptrdiff_t>(kept.feature_width));
        const auto image = static_cast<std::size_t>(kept.feature_rows[row]);
        drawn.labels.push_back(kept.test.labels[image]);
        drawn.ids.push_back(kept.test.ids[image]);
    }
    return drawn;
}

Panel panel_of(const predictions::Predictions& kept, const std::vector<std::int32_t>& labels,
               const features::Projection& projection) {
    Panel panel;
    for (std::size_t c = 0; c < kept.classes.size(); ++c) {
        Series series{kept.classes[c], {}, static_cast<int>(c), false};
        for (std::size_t i = 0; i < labels.size() && !projection.xy.empty(); ++i) {
            if (labels[i] == static_cast<std::int32_t>(c)) {
                series.points.push_back({projection.xy[2 * i], projection.xy[2 * i + 1]});
            }
        }
        panel.series.push_back(std::move(series));
    }
    return panel;
}

Look look_at(const predictions::Predictions& kept, const Arm& arm) {
    const Drawn drawn = drawn_of(kept);
    Look look;
    look.ids = drawn.ids;
    look.projection = features::tsne(drawn.features, kept.feature_width, {});
    look.neighbours =
        features::neighbour_accuracy(drawn.features, kept.feature_width, drawn.labels, kNeighbours);
    look.probe = features::linear_probe_auc(drawn.features, kept.feature_width, drawn.labels,
                                            static_cast<int>(kept.classes.size()), kFoldKey);
    look.panel = panel_of(kept, drawn.labels, look.projection);
    look.panel.title = arm.freeze > 0 ? core::shortest(arm.freeze) + " % frozen" : "none frozen";
    look.panel.note = fmt::format("neighbours {}, linear probe {}",
                                  number(look.neighbours.value, 3), number(look.probe.value, 3));
    return look;
}

// Why the pictures of a dataset are not there.
Paragraph without(const std::string& dataset, const std::string& why) {
    return {fmt::format("No picture of features on {}: {}", dataset, why), Tone::warning};
}

Figure figure_of(const std::string& dataset, const Context& context, const std::string& init,
                 const std::vector<Look>& looks, const std::vector<const sweep::Trial*>& trials) {
    PanelChart chart;
    std::string alt;
    for (const auto& look : looks) {
        chart.panels.push_back(look.panel);
        alt += fmt::format("{}: {}. ", look.panel.title, look.panel.note);
    }
    return {
        plain_id("features-" + dataset),
        fmt::format("Features of {} test images of {}", looks.front().ids.size(), dataset),
        fmt::format(
            "t-SNE (exact, perplexity {}, PCA start, the same images in all panels) of the pooled "
            "features of {}, {}, seed {}. Only which points are near each other means anything: "
            "sizes of groups, distances between them and their places do not, and groups can "
            "appear where there are none. So beside it, of the features themselves: the accuracy "
            "of the {} nearest neighbours (leave-one-out), and the AUC of a linear probe in five "
            "folds.",
            number(looks.front().projection.perplexity, 0), context.network, init,
            trials.front()->spec.seed, kNeighbours),
        alt, std::move(chart)};
}

// Of each trial, or why not. Predictions are read before any thread starts.
std::variant<std::vector<Look>, std::string> looks_at(
    const Source& source, const std::vector<const sweep::Trial*>& trials,
    const std::vector<Arm>& arms) {
    std::vector<predictions::Predictions> kept;
    try {
        for (const auto* trial : trials) {
            kept.push_back(source.predictions(*trial));
        }
    } catch (const core::InputError& error) {
        return std::string(error.what());
    }
    std::vector<std::future<Look>> started;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        started.push_back(std::async(std::launch::async, look_at, std::cref(kept[i]), arms[i]));
    }
    std::vector<Look> looks;
    for (auto& one : started) {
        looks.push_back(one.get());
    }
    for (const auto& look : looks) {
        if (look.projection.xy.empty()) {
            return look.projection.why_not;
        }
        if (look.ids != looks.front().ids) {
            return std::string("the trials kept features of different images.");
        }
    }
    return looks;
}

void add_looks(const findings::BestCheckpoint& best, const std::vector<Look>& looks,
               const std::vector<const sweep::Trial*>& trials, Chapter& chapter) {
    chapter.section.blocks.emplace_back(
        figure_of(best.dataset, *best.context, best.init, looks, trials));
    std::string listed;
    for (const auto& look : looks) {
        listed += fmt::format("{}{} {} ({})", listed.empty() ? "" : ", ", look.panel.title,
                              number(look.probe.value, 3), number(look.neighbours.value, 3));
    }
    chapter.findings.push_back(
        {fmt::format("Features of {}, {}, on {}: AUC of a linear probe (accuracy of the nearest "
                     "neighbours): {}. One seed.",
                     best.context->network, best.init, best.dataset, listed),
         Tone::finding});
}

void add_dataset(const Material& material, const findings::BestCheckpoint& best, Chapter& chapter) {
    const auto arms = levels_of(*best.context, best.init);
    const auto trials = trials_of(*best.context, arms);
    if (trials.empty()) {
        chapter.section.blocks.emplace_back(
            without(best.dataset, "the freeze levels share no seed and division."));
        return;
    }
    const auto looks = looks_at(material.source, trials, arms);
    if (const auto* why = std::get_if<std::string>(&looks)) {
        chapter.section.blocks.emplace_back(without(best.dataset, *why));
        return;
    }
    add_looks(best, std::get<std::vector<Look>>(looks), trials, chapter);
}

}  // namespace

Chapter features(const Material& material) {
    Chapter chapter{{}, {"features", "What the features show", {}}};
    for (const auto& best : findings::best_checkpoints(material.contexts)) {
        if (best.init != "random" && best.init != "mean_var") {
            add_dataset(material, best, chapter);
        }
    }
    return chapter;
}

}  // namespace graft::results::report
