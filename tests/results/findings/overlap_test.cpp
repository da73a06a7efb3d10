// SPDX-License-Identifier: Apache-2.0
// Whatever is worked out over replicates is judged by how much these know of one another.
#include <cmath>

#include <fmt/format.h>

#include "results/findings/curve.hpp"
#include "results/findings/data_curve.hpp"
#include "results/findings/external.hpp"
#include "results/findings/speedup.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::findings {

using statistics::Interval;
using tests::planned;
using tests::RecordBuilder;

namespace {

const Arm kImagenet{"imagenet", 0, 100};
constexpr std::int32_t kReplicates = 4;

// Four replicates, folds of one seed or seeds, with the same numbers: those of an arm vary more or
// less by its `spread`.
RecordBuilder study(bool on_folds, const std::vector<double>& fractions = {1}) {
    RecordBuilder builder;
    for (std::int32_t i = 1; i <= kReplicates; ++i) {
        const auto finish = [&](const char* network, const char* init, double freeze, double spread,
                                double fraction) {
            auto trial = planned(network, "retina", init, on_folds ? 1 : i, freeze);
            trial.spec.edit().training.train_fraction = fraction;
            if (on_folds) {
                trial.spec.edit().fold = {i, kReplicates, 0};
            }
            const double more = spread * 0.01 * i * i;
            std::vector<double> val_aucs(static_cast<std::size_t>(init == kRandom.init ? i : 1),
                                         0.55 + more);
            val_aucs.insert(val_aucs.end(), {0.85, 0.85, 0.85, 0.84 - more});
            builder.finish(builder.plan(trial), val_aucs, 0.6 + more);
        };
        for (const double fraction : fractions) {
            finish("mobilenet", "random", 0, 1, fraction);
            finish("mobilenet", "imagenet", 0, 1.2, fraction);
            finish("mobilenet", "imagenet", 50, 0.7, fraction);
            finish("small_cnn", "random", 0, 0.5, fraction);
        }
    }
    return builder;
}

using Named = std::vector<std::pair<std::string, Interval>>;

void add_external(Named& found, const RecordBuilder& builder,
                  const std::vector<Context>& contexts) {
    ExternalMetrics external;
    double auc = 0.5;
    for (const auto& trial : builder.record().trials()) {
        auc = auc < 0.7 ? auc + 0.03 : 0.51;
        external[trial.id].auc = auc;
    }
    const auto table = external_table(contexts, external, {Metric::test_auc}, {});
    for (const char* what : {"internal", "external", "drop"}) {
        const auto of = [&](const char* part) {
            return table.at(fmt::format("test_auc_{}_{}", what, part)).number(0);
        };
        found.emplace_back(what, Interval{of("mean"), of("low"), of("high"), kReplicates});
    }
}

Named intervals_of(bool on_folds) {
    const auto builder = study(on_folds), on_fewer = study(on_folds, {0.5, 1});
    const auto contexts = contexts_of(builder.record());
    constexpr auto rule = RateRule::own_best;
    constexpr auto metric = Metric::test_auc;
    Named found;
    const auto effect = dataset_effect(contexts, "retina", kImagenet, kRandom, rule, metric);
    found.emplace_back("effect", effect->points.difference);
    found.emplace_back("effect in percent", effect->percent);
    found.emplace_back("effect of a network", effect->networks.at(0).points.difference);
    const auto freezing = freeze_curves(contexts, rule, metric).at(0).levels.at(1);
    found.emplace_back("freeze level", freezing.value);
    found.emplace_back("freeze level against none", freezing.against.difference);
    found.emplace_back(
        "epoch",
        mean_curve(contexts, "retina", kImagenet, rule, Curve::moving)->epochs.at(0).value);
    const auto over = overfitting_of(contexts, {kRandom}, rule).at(0);
    found.emplace_back("best epoch", over.best_epoch);
    found.emplace_back("fall", over.fall);
    const auto steps =
        dataset_speedup(contexts, "retina", kImagenet, rule, Curve::moving, 1, 0.5)->steps;
    found.emplace_back("speedup", Interval{std::log(steps.estimate), std::log(steps.low),
                                           std::log(steps.high), steps.n});
    found.emplace_back("parity",
                       parity_of(contexts, "small_cnn", metric, 0.01).at(0).test.difference);
    const auto fewer = data_curves(contexts_of(on_fewer.record()), rule, metric).at(1).levels.at(0);
    found.emplace_back("fewer images", fewer.value);
    found.emplace_back("gain with fewer images", fewer.gain.difference);
    add_external(found, builder, contexts);
    return found;
}

}  // namespace

TEST_CASE("whatever is found over folds has the wider interval than over as many seeds") {
    const auto folds = intervals_of(true), seeds = intervals_of(false);
    REQUIRE(folds.size() == seeds.size());
    for (std::size_t i = 0; i < folds.size(); ++i) {
        INFO(folds[i].first);
        const auto &on_folds = folds[i].second, &on_seeds = seeds[i].second;
        CHECK(on_folds.n == kReplicates);
        CHECK(on_folds.estimate == Approx(on_seeds.estimate));
        // sqrt((1/4 + 9/24) / (1/4))
        CHECK((on_folds.high - on_folds.low) / (on_seeds.high - on_seeds.low) == Approx(1.5811388));
    }
}

}  // namespace graft::results::findings
