// SPDX-License-Identifier: Apache-2.0
#include "results/query.hpp"

#include <cmath>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

// Three seeds of two inits on one dataset; seed 3 of random diverged without a checkpoint, seed 4
// failed, seed 5 waits.
RecordBuilder study() {
    RecordBuilder builder;
    builder.dataset("retina");
    const double val[] = {0.70, 0.80, 0.90};
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        builder.finish(builder.plan(planned("mobilenet", "retina", "imagenet", seed)),
                       val[seed - 1], 0.6);
    }
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.6, 0.55);
    builder.diverge(builder.plan(planned("mobilenet", "retina", "random", 2)), 0.5);
    builder.diverge(builder.plan(planned("mobilenet", "retina", "random", 3)), NAN);
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 4)), "out of memory");
    builder.plan(planned("mobilenet", "retina", "random", 5));
    return builder;
}

std::string cell(const Answer& answer, const char* column, std::size_t row) {
    return text_of(answer.table.at(column).at(row));
}

Query where(const std::vector<std::string>& texts) {
    Query query;
    for (const auto& text : texts) {
        query.where.push_back(parse_filter(text));
    }
    return query;
}

sweep::PlannedTrial with_rate(double rate, std::int64_t seed) {
    auto trial = planned("mobilenet", "retina", "random", seed);
    trial.spec.edit().training.learning_rate = rate;
    return trial;
}

}  // namespace

TEST_CASE("divisions of one dataset by several seeds are repetitions of each other") {
    RecordBuilder builder;
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        const auto name = fmt::format("retina@{}", seed);
        auto trial = planned("mobilenet", name, "random", 1);
        trial.spec.edit().dataset_fingerprint = "divided by " + std::to_string(seed);
        builder.finish(builder.plan(trial), 0.6 + 0.1 * static_cast<double>(seed), 0.6);
    }
    const Answer result = answer(builder.record(), {});
    REQUIRE(result.table.rows() == 1);
    CHECK(cell(result, "dataset", 0) == "retina");
    CHECK(cell(result, "n", 0) == "3");

    auto changed = planned("mobilenet", "retina@1", "random", 2);
    changed.spec.edit().dataset_fingerprint = "of other images";
    builder.finish(builder.plan(changed), 0.9, 0.6);
    Query grouped;
    grouped.group_by = {"network", "dataset"};
    CHECK_THROWS_WITH(answer(builder.record(), grouped),
                      Catch::Matchers::Contains("dataset_fingerprint"));
}

TEST_CASE("without options, arms are averaged over seeds with counts and floors") {
    const auto builder = study();
    const Answer result = answer(builder.record(), {});
    REQUIRE(result.table.rows() == 2);
    CHECK(cell(result, "init", 0) == "imagenet");
    CHECK(cell(result, "n", 0) == "3");
    CHECK(result.table.at("val_auc_mean").number(0) == Approx(0.8));
    CHECK(result.table.at("val_auc_sd").number(0) == Approx(0.1));
    // Student's t for 2 degrees of freedom: 4.302653.
    CHECK(result.table.at("val_auc_low").number(0) == Approx(0.8 - 4.302653 * 0.1 / std::sqrt(3)));
    CHECK(result.table.at("val_auc_high").number(0) == Approx(0.8 + 4.302653 * 0.1 / std::sqrt(3)));
    CHECK(result.table.at("val_auc_floor").number(0) == 0.5);
    CHECK(result.table.at("test_auc_mean").number(0) == Approx(0.6));
    CHECK(result.table.at("test_auc_sd").number(0) == Approx(0.0).margin(1e-12));

    CHECK(cell(result, "init", 1) == "random");
    CHECK(cell(result, "n", 1) == "2");
    CHECK(cell(result, "of", 1) == "5");
    CHECK(cell(result, "diverged", 1) == "2");
    CHECK(cell(result, "failed", 1) == "1");
    CHECK(result.table.at("val_auc_mean").number(1) == Approx(0.55));
    REQUIRE(result.notes.size() == 4);
    CHECK(result.notes[0].starts_with("[low, high]: the 95 % interval"));
    CHECK(result.notes[1].starts_with("2 of 8 trials diverged"));
    CHECK(result.notes[2].starts_with("1 of 8 trials failed"));
    CHECK(result.notes[3] == "1 of 8 trials have not ended yet.");
    CHECK(result.warnings.empty());
}

TEST_CASE("without options, settings that vary divide the groups") {
    RecordBuilder builder;
    builder.finish(builder.plan(with_rate(1e-3, 1)), 0.8, 0.8);
    builder.finish(builder.plan(with_rate(1e-4, 1)), 0.6, 0.6);
    const Answer result = answer(builder.record(), {});
    REQUIRE(result.table.rows() == 2);
    CHECK(cell(result, "learning_rate", 0) == "0.001");
    CHECK(cell(result, "learning_rate", 1) == "0.0001");
}

TEST_CASE("unlike rows are not averaged, the message says in what they differ and what to type") {
    RecordBuilder builder;
    builder.finish(builder.plan(with_rate(1e-3, 1)), 0.8, 0.8);
    builder.finish(builder.plan(with_rate(1e-4, 2)), 0.6, 0.6);
    Query query;
    query.group_by = {"network", "dataset", "init"};
    CHECK_THROWS_WITH(answer(builder.record(), query),
                      ContainsSubstring("differ in learning_rate (0.001, 0.0001)") &&
                          ContainsSubstring("--group-by network,dataset,init,learning_rate") &&
                          ContainsSubstring("--where 'learning_rate=0.001'"));
    query.where = {parse_filter("learning_rate=1e-3")};
    const Answer one = answer(builder.record(), query);
    REQUIRE(one.table.rows() == 1);
    CHECK(one.table.at("val_auc_mean").number(0) == Approx(0.8));
}

TEST_CASE("a setting that only follows another one is not named") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    auto other = planned("mobilenet", "cancer", "random", 1);
    other.spec.edit().training.learning_rate = 1e-5;
    builder.finish(builder.plan(other), 0.6, 0.6);
    Query query;
    query.group_by = {"network"};
    CHECK_THROWS_WITH(answer(builder.record(), query),
                      ContainsSubstring("differ in dataset (retina, cancer) (they") &&
                          ContainsSubstring("--group-by network,dataset;"));
}

TEST_CASE("every setting but the seed is guarded") {
    using Change = void (*)(sweep::PlannedTrial&);
    const std::pair<const char*, Change> changes[] = {
        {"network", [](auto& t) { t.spec.edit().network = "small_cnn"; }},
        {"dataset", [](auto& t) { t.spec.edit().dataset = "cancer"; }},
        {"init", [](auto& t) { t.spec.edit().init_text = "mean_var"; }},
        {"freeze", [](auto& t) { t.spec.freeze = 10; }},
        {"epochs", [](auto& t) { t.spec.edit().training.epochs = 51; }},
        {"warmup_learning_rate",
         [](auto& t) { t.spec.edit().training.warmup_learning_rate = 0.5; }},
        {"augment", [](auto& t) { t.spec.edit().training.augment.clear(); }},
        {"precision", [](auto& t) { t.spec.edit().training.precision = sweep::Precision::tf32; }},
        {"dataset_fingerprint", [](auto& t) { t.spec.edit().dataset_fingerprint = "other"; }},
        {"weights_hash", [](auto& t) { t.spec.edit().weights_hash = "other"; }},
    };
    for (const auto& [column, change] : changes) {
        RecordBuilder builder;
        builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
        auto other = planned("mobilenet", "retina", "random", 2);
        change(other);
        // Some columns are no part of a trial's name and differ by the seed alone.
        builder.finish(builder.plan(other), 0.6, 0.6);
        Query query;
        query.group_by = {"recipe"};
        INFO(column);
        CHECK_THROWS_WITH(answer(builder.record(), query),
                          ContainsSubstring(std::string("differ in ") + column));
    }
    Query by_recipe;
    by_recipe.group_by = {"recipe"};
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.8);
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 2)), 0.6, 0.6);
    CHECK(answer(builder.record(), by_recipe).table.at("val_auc_mean").number(0) == Approx(0.7));
}

TEST_CASE("a running trial counts in no mean, not even with its seconds") {
    auto builder = study();
    const auto id = builder.plan(planned("mobilenet", "retina", "imagenet", 9));
    builder.save(builder.start({id}), 1);
    Query query = where({"init=imagenet"});
    query.group_by = {"init"};
    query.columns = {"seconds"};
    const Answer result = answer(builder.record(), query);
    CHECK(result.table.at("seconds_mean").number(0) == Approx(20));
    CHECK(cell(result, "n", 0) == "3");
    CHECK(cell(result, "of", 0) == "4");
}

TEST_CASE("listing: the best first, cut to the top, with floors beside AUCs") {
    const auto builder = study();
    Query query;
    query.top = 2;
    const Answer result = answer(builder.record(), query);
    REQUIRE(result.table.rows() == 2);
    CHECK(cell(result, "val_auc", 0) == "0.9");
    CHECK(cell(result, "val_auc", 1) == "0.8");
    const auto names = result.table.column_names();
    const auto at = std::find(names.begin(), names.end(), "val_auc");
    REQUIRE(at != names.end());
    CHECK(*(at + 1) == "val_auc_floor");
    CHECK(result.warnings.empty());
}

TEST_CASE("listing: missing numbers come last in both directions") {
    const auto builder = study();
    for (const char* sort : {"val_auc:asc", "val_auc:desc"}) {
        Query query;
        query.columns = {"seed", "val_auc"};
        query.sort = sort;
        const Answer result = answer(builder.record(), query);
        REQUIRE(result.table.rows() == 8);
        CHECK(cell(result, "val_auc", 7).empty());
        CHECK(cell(result, "val_auc", 5).empty());
        CHECK_FALSE(cell(result, "val_auc", 4).empty());
    }
    Query wrong;
    wrong.sort = "val_auc:down";
    wrong.list = true;
    CHECK_THROWS_AS(answer(builder.record(), wrong), core::InputError);
}

TEST_CASE("the best row for each combination of columns") {
    const auto builder = study();
    Query query;
    query.best_per = {"init"};
    query.columns = {"init", "seed", "val_auc"};
    const Answer result = answer(builder.record(), query);
    REQUIRE(result.table.rows() == 2);
    CHECK(cell(result, "seed", 0) == "3");
    CHECK(cell(result, "val_auc", 1) == "0.6");
}

TEST_CASE("choosing by the test set warns, by rank or by filter") {
    const auto builder = study();
    Query by_rank;
    by_rank.sort = "test_auc";
    by_rank.list = true;
    REQUIRE(answer(builder.record(), by_rank).warnings.size() == 1);
    CHECK(answer(builder.record(), by_rank).warnings[0].starts_with("choosing by test_auc"));
    CHECK(answer(builder.record(), where({"test_auc>0.5"})).warnings.size() == 1);
    Query grouped;
    grouped.group_by = {"network", "init"};
    grouped.columns = {"test_auc"};
    CHECK(answer(builder.record(), grouped).warnings.empty());
    grouped.top = 1;
    CHECK(answer(builder.record(), grouped).warnings.size() == 1);
}

TEST_CASE("left-out trials are shown only when asked for") {
    auto builder = study();
    builder.leave_out(builder.record().trials().front().id);
    Query query;
    query.columns = {"trial"};
    const Answer usual = answer(builder.record(), query);
    CHECK(usual.table.rows() == 7);
    REQUIRE(usual.notes.size() == 1);
    CHECK(usual.notes[0].starts_with("1 row of trials that are left out"));
    query.all = true;
    CHECK(answer(builder.record(), query).table.rows() == 8);
    Query by_filter = where({"left_out=1"});
    by_filter.columns = {"trial"};
    CHECK(answer(builder.record(), by_filter).table.rows() == 1);
}

TEST_CASE("epochs are listed and averaged with the settings of their trials") {
    const auto builder = study();
    Query query = where({"init=imagenet"});
    query.epochs = true;
    CHECK(answer(builder.record(), query).table.rows() == 6);
    query.group_by = {"network", "init"};
    CHECK_THROWS_WITH(answer(builder.record(), query), ContainsSubstring("differ in epoch"));
    query.group_by = {"network", "init", "phase", "epoch"};
    query.columns = {"val_auc"};
    const Answer curve = answer(builder.record(), query);
    REQUIRE(curve.table.rows() == 2);
    CHECK(cell(curve, "n", 1) == "3");
    CHECK(curve.table.at("val_auc_mean").number(1) == Approx(0.52));
}

TEST_CASE("wrong columns are named with the nearest") {
    const auto builder = study();
    Query query;
    query.group_by = {"netwrok"};
    CHECK_THROWS_WITH(answer(builder.record(), query), ContainsSubstring("'network'"));
    query.group_by = {"network", "init"};
    query.columns = {"val_uac"};
    CHECK_THROWS_WITH(answer(builder.record(), query), ContainsSubstring("'val_auc'"));
    query.columns = {"state"};
    CHECK_THROWS_WITH(answer(builder.record(), query), ContainsSubstring("it holds texts"));
}

TEST_CASE("a filter that matches nothing says so") {
    const auto builder = study();
    const Answer result = answer(builder.record(), where({"dataset=retnia"}));
    CHECK(result.table.rows() == 0);
    CHECK(result.notes == std::vector<std::string>{"No row passes the filters."});
    REQUIRE(result.warnings.size() == 1);
    CHECK(result.warnings[0] == "no row has dataset 'retnia'. Did you mean 'retina'?");
}

TEST_CASE("one seed has no interval, and that is said") {
    RecordBuilder builder;
    builder.finish(builder.plan(planned("mobilenet", "retina", "random", 1)), 0.8, 0.7);
    const Answer result = answer(builder.record(), {});
    CHECK(cell(result, "val_auc_mean", 0) == "0.8");
    CHECK(cell(result, "val_auc_low", 0).empty());
    CHECK(cell(result, "val_auc_high", 0).empty());
    CHECK(result.notes == std::vector<std::string>{"1 group of 1 trial: no interval."});
}

TEST_CASE("several columns are averaged at once, each with its own count where they differ") {
    const auto builder = study();
    Query query = where({"init=random"});
    query.group_by = {"init"};
    query.columns = {"val_auc", "seconds"};
    const Answer result = answer(builder.record(), query);
    CHECK(cell(result, "n", 0) == "2");  // seed 3 diverged before its first validation
    CHECK_FALSE(result.table.find("val_auc_n"));
    CHECK(cell(result, "seconds_n", 0) == "3");
}

TEST_CASE("the best by a column that is named, with the path of its checkpoint") {
    const auto builder = study();
    const Sweeps sweeps({{"study", "/data/study", &builder.record()}});
    Query query;
    query.best_per = {"init"};
    query.by = "val_auc:asc";
    query.sort = "init";
    const Answer result = answer(sweeps, query);
    REQUIRE(result.table.rows() == 2);
    CHECK(cell(result, "init", 0) == "imagenet");
    CHECK(cell(result, "seed", 0) == "1");
    CHECK(cell(result, "checkpoint", 0) ==
          "/data/study/trials/" + cell(result, "trial", 0) + "/best.h5");
    CHECK(cell(result, "checkpoint", 1).empty());
    REQUIRE(result.notes.size() == 2);
    CHECK(result.notes[0] == "Best by val_auc (smallest first).");
    CHECK(result.notes[1].starts_with("1 of 2 rows have no checkpoint"));

    query.by = "test_auc";
    CHECK(answer(sweeps, query).warnings.size() == 1);
    query.best_per.clear();
    CHECK_THROWS_WITH(answer(sweeps, query), ContainsSubstring("--best-per network,dataset"));
}

TEST_CASE("the best epoch of each trial") {
    const auto builder = study();
    Query query = where({"init=imagenet"});
    query.epochs = true;
    query.best_per = {"trial"};
    query.sort = "seed";
    const Answer result = answer(builder.record(), query);
    REQUIRE(result.table.rows() == 3);
    CHECK(cell(result, "epoch", 2) == "2");
    CHECK(cell(result, "seed", 2) == "3");
}

TEST_CASE("questions to what has no numbers yet are answered without any") {
    RecordBuilder nothing;
    CHECK(answer(nothing.record(), {}).table.rows() == 0);
    RecordBuilder waiting;
    waiting.plan(planned());
    waiting.fail(waiting.plan(planned("mobilenet", "retina", "random", 2)), "no memory");
    const Answer result = answer(waiting.record(), {});
    REQUIRE(result.table.rows() == 1);
    CHECK(cell(result, "n", 0) == "0");
    CHECK(cell(result, "val_auc_mean", 0).empty());
    Query epochs;
    epochs.epochs = true;
    CHECK(answer(waiting.record(), epochs).table.rows() == 0);
}

}  // namespace graft::results
