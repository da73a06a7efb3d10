// SPDX-License-Identifier: Apache-2.0
#include "core/error.hpp"

#include "sweep/metrics.hpp"

#include "results/predictions/pooled.hpp"
#include "results/report/chapter.hpp"
#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results::report {

using Catch::Matchers::Contains;
using tests::planned;
using tests::RecordBuilder;

namespace {

constexpr std::int32_t kFolds = 3;

// Of each fold six images, the scores of one fold higher than those of the one before.
predictions::Predictions predicted(const sweep::Trial& trial) {
    const auto fold = trial.spec->fold.number;
    predictions::Predictions kept;
    kept.classes = {"none", "disease"};
    for (int i = 0; i < 6; ++i) {
        const float score = 0.1F * static_cast<float>(fold) + 0.07F * static_cast<float>(i);
        kept.test.ids.push_back(fmt::format("image {} of fold {}", i, fold));
        kept.test.groups.push_back(kept.test.ids.back());
        kept.test.labels.push_back(i % 2);
        kept.test.scores.push_back(1 - score);
        kept.test.scores.push_back(score);
        kept.feature_rows.push_back(i);
        kept.features.push_back(score);
    }
    kept.feature_width = 1;
    kept.validation = kept.test;
    return kept;
}

RecordBuilder study(std::int32_t unfinished = 0) {
    RecordBuilder builder;
    builder.dataset("retina");
    for (std::int64_t seed = 1; seed <= 2; ++seed) {
        for (const char* init : {"random", "imagenet"}) {
            for (std::int32_t fold = 1; fold <= kFolds; ++fold) {
                auto trial = planned("mobilenet", "retina", init, seed);
                trial.spec.edit().fold = {fold, kFolds, 0};
                const auto id = builder.plan(trial);
                if (fold != unfinished) {
                    const double better = init == std::string("random") ? 0 : 0.1;
                    builder.finish(id, 0.7 + better + 0.01 * static_cast<double>(seed),
                                   0.6 + better + 0.02 * fold);
                }
            }
        }
    }
    return builder;
}

template <class Kind>
const Kind* block_of(const Page& page, const std::string& id) {
    for (const auto& section : page.sections) {
        for (const auto& block : section.blocks) {
            const auto* found = std::get_if<Kind>(&block);
            if (found && found->id == id) {
                return found;
            }
        }
    }
    return nullptr;
}

}  // namespace

TEST_CASE("folds are pooled for each setting and seed, beside their corrected mean") {
    const auto builder = study();
    const auto page = page_of({builder.record(), predicted});
    const auto* sheet = block_of<Sheet>(page, "folds-table");
    REQUIRE(sheet);
    REQUIRE(sheet->table.rows() == 4);
    auto pooled = predicted(builder.record().trials()[0]);
    predictions::pool(pooled, predicted(builder.record().trials()[1]));
    predictions::pool(pooled, predicted(builder.record().trials()[2]));
    const auto expected = sweep::evaluate(pooled.test.scores, pooled.test.labels, 2);
    CHECK(sheet->table.at("pooled_auc").number(0) == expected.auc);
    // Each fold by itself is better than all together: their scores mean different things.
    const auto first = predicted(builder.record().trials()[0]).test;
    CHECK(expected.auc < sweep::evaluate(first.scores, first.labels, 2).auc);
    for (std::size_t row = 0; row < 4; ++row) {
        CHECK(sheet->table.at("images").number(row) == 18);
    }
    CHECK(sheet->table.at("folds").number(0) == kFolds);
    CHECK(sheet->table.at("seed").number(1) == 2);
    CHECK(sheet->table.at("test_auc_mean").number(0) == Approx(0.64));
    const auto* arms = block_of<Sheet>(page, "arms");
    REQUIRE(arms);
    // Of both seeds: sd 0.0178885, t(0.975, 5) = 2.570582, sqrt(1/6 + 9/16) = 0.8539126
    CHECK(arms->table.at("test_auc_high").number(0) ==
          Approx(0.64 + 2.570582 * 0.0178885 * 0.8539126));
    // sd 0.02, t(0.975, 2) = 4.302653, sqrt(1/3 + 9/16) = 0.9464847
    CHECK(sheet->table.at("test_auc_high").number(0) == Approx(0.64 + 4.302653 * 0.02 * 0.9464847));
}

TEST_CASE("settings that tell fold sets apart stand before their numbers") {
    RecordBuilder builder;
    for (const double dropout : {0.2, 0.5}) {
        for (const double rate : {1e-4, 1e-3}) {
            for (std::int32_t fold = 1; fold <= 2; ++fold) {
                auto trial = planned();
                trial.spec.edit().training.dropout = dropout;
                trial.spec.edit().training.learning_rate = rate;
                trial.spec.edit().fold = {fold, 2, 0};
                builder.finish(builder.plan(trial), 0.8, 0.7);
            }
        }
    }
    const auto names = [](const RecordBuilder& of) {
        const auto page = page_of({of.record(), predicted});
        std::vector<std::string> found;
        for (const auto& column : block_of<Sheet>(page, "folds-table")->table.columns) {
            found.push_back(column.name);
        }
        return found;
    };
    const auto varied = names(builder), alike = names(study());
    CHECK(varied[3] == "settings");
    CHECK(varied[4] == "learning_rate");
    CHECK(varied[5] == "seed");
    CHECK(alike[3] == "seed");
    CHECK(alike.back() == "learning_rate");
    CHECK(varied.size() == alike.size() + 1);
}

TEST_CASE("a report on folds says that they are no independent replicates") {
    const auto builder = study();
    const auto on_folds = html_of(page_of({builder.record(), predicted}));
    CHECK_THAT(on_folds, Contains("are no independent replicates"));
    RecordBuilder without;
    without.finish(without.plan(planned()), 0.8, 0.7);
    CHECK_THAT(html_of(page_of({without.record(), predicted})),
               !Contains("are no independent replicates"));
}

TEST_CASE("the best checkpoint is judged by the test images of all its folds") {
    const auto builder = study();
    const auto page = page_of({builder.record(), predicted});
    const auto* judged = block_of<Sheet>(page, "judgement");
    REQUIRE(judged);
    CHECK(judged->table.at("images").number(0) == 18);
    CHECK(judged->table.at("folds").number(0) == kFolds);
    const auto* roc = block_of<Figure>(page, "roc-retina");
    REQUIRE(roc);
    CHECK_THAT(roc->caption, Contains("Test images of 3 folds pooled"));
    const auto* worst = block_of<Sheet>(page, "worst");
    REQUIRE(worst);
    CHECK(worst->table.rows() == 18);
}

TEST_CASE("folds without a result are counted, and those whose predictions are gone not pooled") {
    const auto builder = study(2);
    const auto page = page_of({builder.record(), predicted});
    const auto* sheet = block_of<Sheet>(page, "folds-table");
    REQUIRE(sheet);
    CHECK(sheet->table.at("folds").number(0) == 2);
    CHECK(sheet->table.at("of").number(0) == kFolds);
    CHECK(sheet->table.at("images").number(0) == 12);
    const auto lost = page_of({builder.record(), [](const sweep::Trial& trial) {
                                   if (trial.spec->fold.number == 1 && trial.spec.seed == 1) {
                                       core::fail_input("predictions of a fold are gone");
                                   }
                                   return predicted(trial);
                               }});
    const auto* less = block_of<Sheet>(lost, "folds-table");
    REQUIRE(less);
    CHECK(std::isnan(less->table.at("pooled_auc").number(0)));
    CHECK_FALSE(std::isnan(less->table.at("test_auc_mean").number(0)));
    CHECK(less->table.at("images").number(1) == 12);  // of the other seed
    CHECK_FALSE(std::isnan(less->table.at("pooled_auc").number(1)));
    CHECK_THAT(html_of(lost), Contains("Predictions of 2 trials could not be read"));
}

}  // namespace graft::results::report
