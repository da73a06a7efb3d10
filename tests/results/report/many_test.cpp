// SPDX-License-Identifier: Apache-2.0
// Reports of sweeps with more networks, classes and longer names than usual.
#include <cmath>

#include "core/error.hpp"

#include "results/report/chapter.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::report {

using tests::planned;

namespace {

// Networks with a random and two pretrained arms each.
tests::RecordBuilder study(int networks, const std::string& prefix = "network") {
    tests::RecordBuilder builder;
    builder.dataset("retina");
    for (int n = 0; n < networks; ++n) {
        const std::string network = prefix + std::to_string(n);
        for (const std::int64_t seed : {1, 2}) {
            const auto finish = [&](const char* init, double freeze, double best) {
                const double x = 0.001 * (n + static_cast<double>(seed));
                builder.finish(builder.plan(planned(network, "retina", init, seed, freeze)),
                               {0.6, best + x, best}, best + x);
            };
            finish("random", 0, 0.7);
            finish("imagenet", 0, 0.8);
            finish("imagenet", 100, 0.75);
        }
    }
    return builder;
}

Page report_of(const tests::RecordBuilder& builder) {
    const auto missing = [](const sweep::Trial&) -> predictions::Predictions {
        core::fail_input("cannot open 'predictions.h5' (no such file). Check the path.");
    };
    return page_of({builder.record(), missing});
}

template <class Kind>
std::vector<Kind> all_of(const Page& page, const std::string& section) {
    std::vector<Kind> found;
    for (const auto& one : page.sections) {
        for (const auto& block : one.blocks) {
            const auto* kind = std::get_if<Kind>(&block);
            if (kind && one.id == section) {
                found.push_back(*kind);
            }
        }
    }
    return found;
}

std::size_t sentences(const Page& page, const std::string& section, const std::string& part) {
    std::size_t count = 0;
    for (const auto& paragraph : all_of<Paragraph>(page, section)) {
        count += paragraph.text.find(part) != std::string::npos ? 1 : 0;
    }
    return count;
}

}  // namespace

TEST_CASE("many networks are summed up in the opening, and each has its sentence in the section") {
    const auto few = report_of(study(8));
    CHECK(sentences(few, "findings", "was best at epoch") == 8);
    CHECK(sentences(few, "findings", "the highest mean validation AUC is at") == 8);
    CHECK(sentences(few, "overfitting", "was best at epoch") == 0);

    const auto many = report_of(study(9));
    CHECK(sentences(many, "overfitting", "was best at epoch") == 9);
    CHECK(sentences(many, "freezing", "the highest mean validation AUC is at") == 9);
    CHECK(sentences(many, "findings", "was best at epoch 2.0 to 2.0") == 1);
    CHECK(sentences(many, "findings",
                    "Of 9 networks on their datasets, the highest mean "
                    "validation AUC is at 0 % frozen for 9.") == 1);
}

TEST_CASE("a figure of more series than can be told apart is divided, on the same axes") {
    CHECK(all_of<Figure>(report_of(study(8)), "arms").size() == 1);
    const auto figures = all_of<Figure>(report_of(study(12)), "arms");
    REQUIRE(figures.size() == 2);
    CHECK_THAT(figures[0].title, Catch::Matchers::EndsWith("(1 of 2)"));
    CHECK_THAT(figures[1].caption,
               Catch::Matchers::EndsWith("6 of 12 series, on the axes of all."));
    const auto& first = std::get<IntervalChart>(figures[0].chart);
    const auto& second = std::get<IntervalChart>(figures[1].chart);
    CHECK(first.series.front().name == "network0");
    CHECK(second.series.front().name == "network6");
    CHECK(second.series.front().colour == 0);
    REQUIRE(first.y.low);
    CHECK(*first.y.low == *second.y.low);
    CHECK(*first.y.high == *second.y.high);
    CHECK(all_of<Figure>(report_of(study(12)), "freezing").size() == 6);
}

TEST_CASE("predictions that are not there cost their figures alone, and each place says which") {
    const auto page = report_of(study(1));
    CHECK(sentences(page, "judgement",
                    "The best checkpoint of imagenet on retina cannot be judged: "
                    "cannot open") == 1);
    CHECK(sentences(page, "features", "No picture of features on retina: cannot open") == 1);
    CHECK(sentences(page, "findings", "On retina, imagenet reached") == 1);
}

TEST_CASE("of many kept features a thousand at equal distances are looked at") {
    tests::RecordBuilder builder = study(1);
    const auto kept = [](const sweep::Trial&) {
        predictions::Predictions all;
        all.classes = {"none", "disease"};
        all.feature_width = 1;
        for (std::int32_t i = 0; i < 2000; ++i) {
            all.test.ids.push_back("image" + std::to_string(i));
            all.test.groups.emplace_back("");
            all.test.labels.push_back(i < 1200 ? 0 : 1);
            all.test.scores.insert(all.test.scores.end(), {0.5F, 0.5F});
            all.feature_rows.push_back(i);
            all.features.push_back(static_cast<float>(i));
        }
        all.validation = all.test;
        return all;
    };
    const auto figures = all_of<Figure>(page_of({builder.record(), kept}), "features");
    REQUIRE(figures.size() == 1);
    CHECK(figures[0].title == "Features of 1000 test images of retina");
    const auto& series = std::get<PanelChart>(figures[0].chart).panels.front().series;
    REQUIRE(series.size() == 2);
    CHECK(series[0].points.size() == 600);
    CHECK(series[1].points.size() == 400);
}

}  // namespace graft::results::report
