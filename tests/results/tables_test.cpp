// SPDX-License-Identifier: Apache-2.0
#include "results/tables.hpp"

#include "core/file.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

using Names = std::vector<std::string>;

// The part of docs/store.md about one table.
std::string section(const std::string& page, const std::string& table) {
    const std::size_t start = page.find("\n## /" + table + "\n");
    REQUIRE(start != std::string::npos);
    return page.substr(start, page.find("\n## ", start + 1) - start);
}

}  // namespace

TEST_CASE("every column of every table is described in docs/store.md") {
    const std::string page = core::read_file(GRAFT_STORE_PAGE);
    const RecordBuilder builder;
    for (const auto make : {trials_table, epochs_table, attempts_table, datasets_table,
                            skipped_table, provenance_table}) {
        const Table table = make(builder.record());
        const std::string part = section(page, table.name);
        for (const auto& name : table.column_names()) {
            INFO(table.name << "." << name);
            CHECK(part.find("`" + name + "`") != std::string::npos);
        }
    }
}

TEST_CASE("the columns of the tables are those that readers rely on") {
    const RecordBuilder builder;
    CHECK(epochs_table(builder.record()).column_names() ==
          Names{"trial", "phase", "epoch", "step", "train_loss", "train_accuracy", "val_loss",
                "val_accuracy", "val_auc", "val_auc_micro", "val_auc_macro", "val_auc_reestimated",
                "seconds", "images_per_second"});
    CHECK(attempts_table(builder.record()).column_names() ==
          Names{"trial", "attempt", "cohort", "rank", "slots", "host", "device", "numerics",
                "start", "end", "ending", "message", "saves"});
    const Table trials = trials_table(builder.record());
    for (const char* name :
         {"trial",          "network",       "dataset",       "init",
          "freeze",         "seed",          "frozen_layers", "trainable_parameters",
          "state",          "best_epoch",    "best_phase",    "val_loss",
          "val_accuracy",   "val_auc",       "val_auc_micro", "val_auc_macro",
          "test_loss",      "test_accuracy", "test_auc",      "test_auc_micro",
          "test_auc_macro", "seconds",       "attempts",      "mixed",
          "message"}) {
        CHECK(trials.find(name) != nullptr);
    }
    for (const auto& name : setting_columns()) {
        CHECK(trials.find(name) != nullptr);
    }
}

TEST_CASE("the type of a training column does not depend on the values of the sweep") {
    RecordBuilder usual;
    usual.plan(planned());
    RecordBuilder changed;
    auto trial = planned();
    trial.spec.edit().training.image_size = 96;
    trial.spec.edit().training.warmup_learning_rate = 1;
    trial.spec.edit().training.dropout = 0;
    changed.plan(trial);
    const Table a = trials_table(usual.record());
    const Table b = trials_table(changed.record());
    for (std::size_t i = 0; i < a.columns.size(); ++i) {
        INFO(a.columns[i].name);
        CHECK(a.columns[i].data.index() == b.columns[i].data.index());
    }
    CHECK(text_of(b.at("image_size").at(0)) == "96");
    CHECK(text_of(b.at("warmup_learning_rate").at(0)) == "1");
}

TEST_CASE("attempts say how they ended, and a trial under two numerics is mixed") {
    RecordBuilder builder;
    const auto id = builder.plan(planned());
    const auto first = builder.start({id}, 2, 1, "V100");
    builder.save(first, 1);
    builder.end(first, sweep::Killed{9});
    const auto second = builder.start({id}, 0, 0, "A100");
    builder.save(second, 1);
    const Table attempts = attempts_table(builder.record());
    REQUIRE(attempts.rows() == 2);
    CHECK(text_of(attempts.at("ending").at(0)) == "killed");
    CHECK(text_of(attempts.at("attempt").at(1)) == "2");
    CHECK(text_of(attempts.at("rank").at(0)) == "2");
    CHECK(text_of(attempts.at("slots").at(0)) == "1");
    CHECK(attempts.at("end").number(0) > attempts.at("start").number(0));
    CHECK(text_of(trials_table(builder.record()).at("mixed").at(0)) == "1");
}

TEST_CASE("datasets, skipped images and starts are told") {
    RecordBuilder builder;
    builder.dataset("retina");
    builder.apply(sweep::Closed{builder.now(), "drained"});
    const Table datasets = datasets_table(builder.record());
    CHECK(text_of(datasets.at("class_names").at(0)) == "none, disease");
    CHECK(text_of(datasets.at("test_counts").at(0)) == "10, 30");
    CHECK(text_of(skipped_table(builder.record()).at("image").at(0)) == "broken.jpg: truncated");
    const Table starts = provenance_table(builder.record());
    CHECK(text_of(starts.at("reason").at(0)) == "drained");
    CHECK(starts.at("closed").number(0) > starts.at("time").number(0));
}

}  // namespace graft::results
