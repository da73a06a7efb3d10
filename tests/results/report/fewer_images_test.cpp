// SPDX-License-Identifier: Apache-2.0
#include "results/report/chapter.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::report {

using Catch::Matchers::Contains;
using tests::planned;
using tests::RecordBuilder;

namespace {

RecordBuilder study(const std::vector<double>& fractions) {
    RecordBuilder builder;
    for (const double fraction : fractions) {
        for (std::int64_t seed = 1; seed <= 3; ++seed) {
            const auto finish = [&](const char* init, double freeze, double test_auc) {
                auto trial = planned("mobilenet", "retina", init, seed, freeze);
                trial.spec.edit().training.train_fraction = fraction;
                trial.work.train_images = std::lround(2000 * fraction);
                const double noise = 0.01 * static_cast<double>(seed % 3);
                builder.finish(builder.plan(trial), test_auc, test_auc + noise);
            };
            finish("random", 0, 0.6 + 0.2 * fraction);
            finish("imagenet", 0, 0.8 + 0.1 * fraction);
            finish("imagenet", 100, 0.82);
        }
    }
    return builder;
}

Chapter chapter_of(const RecordBuilder& builder) {
    const Source source{builder.record(), {}};
    return fewer_images(material_of(source));
}

}  // namespace

TEST_CASE("train_fraction as an axis gives a line for each start over the training images") {
    const auto chapter = chapter_of(study({0.05, 0.5, 1}));
    REQUIRE(chapter.section.blocks.size() == 2);
    const auto& figure = std::get<Figure>(chapter.section.blocks[0]);
    CHECK(figure.title == "Test AUC on retina by the number of training images");
    CHECK_THAT(figure.caption, Contains("best there on validation"));
    const auto& chart = std::get<LineChart>(figure.chart);
    CHECK(chart.x.logarithmic);
    REQUIRE(chart.series.size() == 2);
    CHECK(chart.series[1].name == "mobilenet, imagenet");
    REQUIRE(chart.series[1].points.size() == 3);
    CHECK(chart.series[1].points[0].x == 100);
    CHECK(chart.series[1].points[2].x == 2000);
    CHECK(chart.series[1].points[0].y == Approx(0.83));  // frozen, which is best there
    CHECK(chart.series[1].points[0].low < 0.83);
    CHECK(chart.series[1].points[2].y == Approx(0.91));
    CHECK_THAT(chart.series[1].points[0].label, Contains("100 % frozen"));
    REQUIRE(chapter.findings.size() == 1);
    CHECK_THAT(chapter.findings[0].text,
               StartsWith("With 100 training images, mobilenet, imagenet on retina has a test AUC "
                          "above that of random weights by +0.2100 (") &&
                   Contains("and with 2000 by +0.1000 ("));
    CHECK(std::get<Sheet>(chapter.section.blocks[1]).table.rows() == 6);
}

TEST_CASE("one train_fraction alone is no question") {
    const auto chapter = chapter_of(study({1}));
    CHECK(chapter.section.blocks.empty());
    CHECK(chapter.findings.empty());
}

}  // namespace graft::results::report
