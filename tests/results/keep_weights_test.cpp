// SPDX-License-Identifier: Apache-2.0
#include "results/keep_weights.hpp"

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

using Ids = std::vector<sweep::TrialId>;

Ids freed(const RecordBuilder& builder, const std::string& rule) {
    return weights_to_free(builder.record(), parse_weight_rule(rule));
}

// A finished trial whose choice is made by another number than the AUC.
sweep::TrialId finish_by(RecordBuilder& builder, sweep::BestBy by, std::int64_t seed,
                         const sweep::Metrics& validation) {
    auto trial = planned("mobilenet", "retina", "random", seed);
    trial.spec.edit().training.best_by = by;
    const auto id = builder.plan(trial);
    const auto cohort = builder.start({id});
    sweep::SaveRecorded save;
    save.save.cohort = cohort;
    auto& member = save.save.members.emplace_back();
    member.trial = id;
    auto& result = member.result.emplace();
    result.best = sweep::Best{sweep::Phase::fine_tune, 1, validation};
    result.weights = {"trials/" + id.text() + "/best.h5", 10, "hash"};
    builder.apply(save);
    builder.end(cohort, sweep::Completed{});
    return id;
}

}  // namespace

TEST_CASE("a rule for weights is all, none, or best_per with columns") {
    CHECK(parse_weight_rule("all").keep == WeightRule::Keep::all);
    CHECK(parse_weight_rule("none").keep == WeightRule::Keep::none);
    CHECK(parse_weight_rule("best_per:network,dataset").columns ==
          std::vector<std::string>{"network", "dataset"});
    for (const char* wrong : {"", "best_per", "best_per:", "best_per:,", "best", "network"}) {
        CHECK_THROWS_WITH(parse_weight_rule(wrong), ContainsSubstring("best_per:COLUMN"));
    }
}

TEST_CASE("the best of each group is kept by validation, whatever the test set says") {
    RecordBuilder builder;
    const auto low = builder.plan(planned("mobilenet", "retina", "random", 1));
    const auto high = builder.plan(planned("mobilenet", "retina", "random", 2));
    const auto other = builder.plan(planned("mobilenet", "pcam", "random", 1));
    builder.plan(planned("mobilenet", "pcam", "random", 2));
    builder.finish(low, 0.7, 0.99);
    builder.finish(high, 0.8, 0.6);
    builder.finish(other, 0.5, 0.5);
    CHECK(freed(builder, "all").empty());
    CHECK(freed(builder, "none") == Ids{low, high, other});
    CHECK(freed(builder, "best_per:network,dataset") == Ids{low});
    CHECK(freed(builder, "best_per:network") == Ids{low, other});
    CHECK(freed(builder, "best_per:network,dataset,seed").empty());
    CHECK_THROWS_WITH(freed(builder, "best_per:netwrok"), ContainsSubstring("network"));
    builder.apply(sweep::FilesFreed{builder.now(), high, sweep::Freed::weights});
    CHECK(freed(builder, "best_per:network,dataset").empty());
}

TEST_CASE("weights of trials that are left out are no rule's") {
    RecordBuilder builder;
    const auto low = builder.plan(planned("mobilenet", "retina", "random", 1));
    const auto high = builder.plan(planned("mobilenet", "retina", "random", 2));
    builder.finish(low, 0.7, 0.7);
    builder.finish(high, 0.8, 0.8);
    builder.leave_out(high);
    CHECK(freed(builder, "best_per:dataset").empty());
    CHECK(freed(builder, "none") == Ids{low});
}

TEST_CASE("the best is the best by best_by, then by loss, then the earlier") {
    sweep::Metrics good_loss{0.1, 0.5, 0.5, 0.5, 0.5}, good_accuracy{0.2, 0.9, 0.4, 0.4, 0.4};
    SECTION("by loss") {
        RecordBuilder builder;
        const auto a = finish_by(builder, sweep::BestBy::val_loss, 1, good_accuracy);
        finish_by(builder, sweep::BestBy::val_loss, 2, good_loss);
        CHECK(freed(builder, "best_per:dataset") == Ids{a});
    }
    SECTION("by accuracy") {
        RecordBuilder builder;
        const auto a = finish_by(builder, sweep::BestBy::val_accuracy, 1, good_loss);
        finish_by(builder, sweep::BestBy::val_accuracy, 2, good_accuracy);
        CHECK(freed(builder, "best_per:dataset") == Ids{a});
    }
    SECTION("ties") {
        RecordBuilder builder;
        auto worse = good_loss;
        worse.loss = 0.3;
        const auto a = finish_by(builder, sweep::BestBy::val_auc, 1, worse);
        finish_by(builder, sweep::BestBy::val_auc, 2, good_loss);
        const auto c = finish_by(builder, sweep::BestBy::val_auc, 3, good_loss);
        CHECK(freed(builder, "best_per:dataset") == Ids{a, c});
    }
    SECTION("a missing number is the worst") {
        RecordBuilder builder;
        const auto a = finish_by(builder, sweep::BestBy::val_auc, 1, {});
        finish_by(builder, sweep::BestBy::val_auc, 2, good_loss);
        CHECK(freed(builder, "best_per:dataset") == Ids{a});
    }
    SECTION("unlike ones are not compared") {
        RecordBuilder builder;
        finish_by(builder, sweep::BestBy::val_auc, 1, good_loss);
        finish_by(builder, sweep::BestBy::val_loss, 2, good_loss);
        CHECK_THROWS_WITH(freed(builder, "best_per:dataset"),
                          ContainsSubstring("Add best_by to the columns"));
        CHECK(freed(builder, "best_per:dataset,best_by").empty());
    }
}

}  // namespace graft::results
