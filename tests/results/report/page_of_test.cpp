// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "core/error.hpp"
#include "core/random.hpp"

#include "results/report/chapter.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::report {

using Catch::Matchers::Contains;
using tests::planned;
using tests::RecordBuilder;

namespace {

constexpr int kImages = 60;
constexpr std::size_t kWidth = 4;

predictions::Part part_of(const sweep::Trial& trial, const std::vector<std::int32_t>& labels,
                          double quality) {
    predictions::Part part;
    core::RandomStream stream("test/" + trial.id.text(), 1);
    for (std::size_t i = 0; i < labels.size(); ++i) {
        part.ids.push_back("image" + std::to_string(i));
        part.groups.push_back("patient" + std::to_string(i / 2));
        part.labels.push_back(labels[i]);
        const double chance = stream.uniform_double();
        const double score = std::clamp(0.5 + quality * (labels[i] - 0.5) + chance - 0.5, 0., 1.);
        part.scores.push_back(static_cast<float>(1 - score));
        part.scores.push_back(static_cast<float>(score));
    }
    return part;
}

// Of two classes, the better the trial's test AUC is.
predictions::Predictions predicted(const sweep::Trial& trial) {
    std::vector<std::int32_t> labels;
    for (int i = 0; i < kImages; ++i) {
        labels.push_back(i % 3 == 0 ? 1 : 0);
    }
    const double quality = std::get<sweep::Done>(trial.state).result.test.auc - 0.5;
    predictions::Predictions kept;
    kept.classes = {"none", "disease"};
    kept.validation = kept.test = part_of(trial, labels, quality);
    kept.feature_width = kWidth;
    for (int i = 0; i < kImages; ++i) {
        kept.feature_rows.push_back(i);
        for (std::size_t f = 0; f < kWidth; ++f) {
            kept.features.push_back(kept.test.scores[2 * static_cast<std::size_t>(i)] +
                                    static_cast<float>(f * (i % 7)));
        }
    }
    return kept;
}

// Random, mean_var and two freeze levels of imagenet on one network, and a small one.
RecordBuilder study(std::int64_t seeds) {
    RecordBuilder builder;
    builder.dataset("retina");
    for (std::int64_t seed = 1; seed <= seeds; ++seed) {
        const double x = 0.01 * static_cast<double>(seed * seed % 5);
        const auto finish = [&](const char* network, const char* init, double freeze,
                                const std::vector<double>& curve, double test) {
            builder.finish(builder.plan(planned(network, "retina", init, seed, freeze)), curve,
                           test + x);
        };
        finish("mobilenet", "random", 0, {0.5, 0.6 + x, 0.7, 0.72, 0.71}, 0.70);
        finish("mobilenet", "mean_var", 0, {0.5, 0.65 + x, 0.7, 0.73, 0.71}, 0.71 + x);
        finish("mobilenet", "imagenet", 0, {0.7 + x, 0.8, 0.84, 0.83, 0.8}, 0.80 + 2 * x);
        finish("mobilenet", "imagenet", 100, {0.6 + x, 0.7, 0.75, 0.74, 0.75}, 0.75);
        finish("small_cnn", "random", 0, {0.5, 0.6, 0.7 + x, 0.7, 0.7}, 0.702);
    }
    return builder;
}

Page report_of(const RecordBuilder& builder) {
    return page_of({builder.record(), predicted});
}

std::string findings_of(const Page& page) {
    std::string text;
    for (const auto& block : page.sections.front().blocks) {
        if (const auto* paragraph = std::get_if<Paragraph>(&block)) {
            text += paragraph->text + "\n";
        }
    }
    return text;
}

std::vector<std::string> figures_of(const Page& page) {
    std::vector<std::string> ids;
    for (const auto& section : page.sections) {
        for (const auto& block : section.blocks) {
            if (const auto* figure = std::get_if<Figure>(&block)) {
                ids.push_back(figure->id);
                CHECK_FALSE(figure->alt.empty());
                CHECK_FALSE(figure->caption.empty());
            }
        }
    }
    return ids;
}

const Table* sheet_of(const Page& page, const std::string& id) {
    for (const auto& section : page.sections) {
        for (const auto& block : section.blocks) {
            const auto* sheet = std::get_if<Sheet>(&block);
            if (sheet && sheet->id == id) {
                return &sheet->table;
            }
        }
    }
    return nullptr;
}

}  // namespace

TEST_CASE("a report opens with what a start gains, with intervals over seeds and patients") {
    const auto page = report_of(study(5));
    const std::string text = findings_of(page);
    CHECK_THAT(text, Contains("On retina, imagenet reached a test AUC of"));
    CHECK_THAT(text, Contains("5 pairs"));
    CHECK_THAT(text, Contains("Other patients would have given"));
    CHECK_THAT(text, Contains("after Holm's adjustment for 2 comparisons"));
    CHECK_THAT(text, Contains("On retina, the speedup of imagenet over random"));
    CHECK_THAT(text, Contains("the highest mean validation AUC is at 0 % frozen"));
    CHECK_THAT(text, Contains("small_cnn is"));
    CHECK_THAT(text, Contains("Every trial has ended."));
    const Table* effects = sheet_of(page, "effects-table");
    REQUIRE(effects);
    CHECK(effects->rows() == 2);
    CHECK(effects->at("pairs").number(0) == 5);
    CHECK(effects->at("low").number(0) < effects->at("difference").number(0));
}

TEST_CASE("a report has every figure of the study") {
    const auto ids = figures_of(report_of(study(3)));
    for (const char* id :
         {"effects", "best-checkpoints", "curves-retina-own_best-moving",
          "curves-retina-own_best-reestimated", "speedup-own_best-moving",
          "freeze-retina-val_auc-layers-own_best", "freeze-retina-val_auc-parameters-own_best",
          "features-retina", "small-network", "roc-retina", "precision-retina",
          "calibration-retina", "confusion-retina", "arms-retina"}) {
        INFO(id);
        CHECK(std::count(ids.begin(), ids.end(), id) == 1);
    }
}

TEST_CASE("equal records give equal pages") {
    CHECK(html_of(report_of(study(2))) == html_of(report_of(study(2))));
}

TEST_CASE("one seed has no interval, and the report says so") {
    const std::string text = findings_of(report_of(study(1)));
    CHECK_THAT(text, Contains("one pair, so no interval"));
    CHECK_THAT(text, Contains("no p value"));
    CHECK_THAT(text, !Contains("nan"));
}

TEST_CASE("an empty sweep, one that only waits, and one where all failed say what is the matter") {
    const auto empty = report_of(RecordBuilder());
    CHECK_THAT(findings_of(empty), Contains("Nothing was planned"));
    CHECK(figures_of(empty).empty());

    RecordBuilder waiting;
    waiting.plan(planned());
    CHECK_THAT(findings_of(report_of(waiting)), Contains("No trial has ended yet"));

    RecordBuilder failed;
    failed.fail(failed.plan(planned()), "out of memory");
    const auto page = report_of(failed);
    CHECK_THAT(findings_of(page), Contains("Every trial failed"));
    const Table* failures = sheet_of(page, "failures");
    REQUIRE(failures);
    CHECK(failures->rows() == 1);
}

TEST_CASE("without a random arm there is no gain and no speedup, and the report says so") {
    RecordBuilder builder;
    builder.dataset("retina");
    for (const std::int64_t seed : {1, 2}) {
        builder.finish(builder.plan(planned("mobilenet", "retina", "imagenet", seed)),
                       {0.7, 0.8, 0.8}, 0.8);
    }
    const auto page = report_of(builder);
    CHECK_THAT(findings_of(page), Contains("On retina no trial from random weights has a result"));
    CHECK(sheet_of(page, "speedups") == nullptr);
    CHECK(sheet_of(page, "effects-table") == nullptr);
}

TEST_CASE("arms with unequal seeds are compared where they have both, and the rest is counted") {
    auto builder = study(3);
    builder.finish(builder.plan(planned("mobilenet", "retina", "imagenet", 9)), {0.9, 0.9}, 0.9);
    const auto page = report_of(builder);
    const Table* effects = sheet_of(page, "effects-table");
    REQUIRE(effects);
    CHECK(effects->at("pairs").number(0) == 3);
    CHECK(effects->at("unpaired").number(0) == 1);
}

TEST_CASE("a class that a part lacks is named, and its numbers are not invented") {
    auto builder = study(2);
    const auto read = [](const sweep::Trial& trial) {
        auto kept = predicted(trial);
        std::fill(kept.test.labels.begin(), kept.test.labels.end(), 0);
        return kept;
    };
    const auto page = page_of({builder.record(), read});
    bool said = false;
    for (const auto& section : page.sections) {
        for (const auto& block : section.blocks) {
            const auto* paragraph = std::get_if<Paragraph>(&block);
            said = said || (paragraph && paragraph->text.find("'disease'") != std::string::npos);
        }
    }
    CHECK(said);
    CHECK(std::isnan(sheet_of(page, "judgement")->at("pr_auc").number(0)));
    CHECK_THAT(html_of(page), Contains("retina"));
}

TEST_CASE("predictions that cannot be read leave the rest of the report standing") {
    const auto read = [](const sweep::Trial&) -> predictions::Predictions {
        core::fail_input("predictions 'x' are damaged (cut short). Take them from a copy.");
    };
    const auto page = page_of({study(3).record(), read});
    CHECK_THAT(findings_of(page), Contains("On retina, imagenet reached a test AUC of"));
    CHECK_THAT(findings_of(page), !Contains("Other patients"));
    CHECK(sheet_of(page, "judgement") == nullptr);
    CHECK_THAT(html_of(page), Contains("damaged (cut short)"));
}

TEST_CASE("two learning rates give both comparisons, and a choice at the edge is flagged") {
    RecordBuilder builder;
    builder.dataset("retina");
    for (const std::int64_t seed : {1, 2, 3}) {
        for (const char* init : {"random", "imagenet"}) {
            for (const double rate : {1e-4, 1e-3}) {
                auto trial = planned("mobilenet", "retina", init, seed);
                trial.spec.edit().training.learning_rate = rate;
                const double base = init == std::string("random") ? (rate > 5e-4 ? 0.7 : 0.6)
                                                                  : (rate > 5e-4 ? 0.72 : 0.8);
                builder.finish(builder.plan(trial), {base, base + 0.01 * static_cast<double>(seed)},
                               base);
            }
        }
    }
    const auto page = report_of(builder);
    CHECK_THAT(findings_of(page), Contains("Both at the same learning rate: at 1e-4 +0.2000 (3 "
                                           "pairs), at 1e-3 +0.0200 (3 pairs)."));
    CHECK_THAT(findings_of(page), Contains("lie at the edge"));
    const Table* effects = sheet_of(page, "effects-table");
    REQUIRE(effects->rows() == 2);
    CHECK(effects->at("difference").number(0) == Approx(0.1));   // 0.8 against 0.7
    CHECK(effects->at("difference").number(1) == Approx(0.02));  // at 1e-3
    const Table* rates = sheet_of(page, "rates");
    REQUIRE(rates);
    CHECK(rates->at("chosen").number(0) == 1e-3);
}

}  // namespace graft::results::report
