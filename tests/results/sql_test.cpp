// SPDX-License-Identifier: Apache-2.0
#include "results/sql.hpp"

#include <cmath>
#include <filesystem>

#include "core/error.hpp"

#include "support/catch.hpp"
#include "support/record_builder.hpp"
#include "support/temporary.hpp"

namespace graft::results {

using tests::planned;
using tests::RecordBuilder;

namespace {

RecordBuilder study() {
    RecordBuilder builder;
    builder.dataset("retina");
    const double val[] = {0.70, 0.80, 0.95};
    for (std::int64_t seed = 1; seed <= 3; ++seed) {
        builder.finish(builder.plan(planned("mobilenet", "retina", "imagenet", seed)),
                       val[seed - 1], 0.6);
    }
    builder.fail(builder.plan(planned("mobilenet", "retina", "random", 4)), "out of memory");
    return builder;
}

class Asker {
  public:
    Table operator()(const std::string& sql) const { return sql_answer(sweeps_, sql); }
    std::string one(const std::string& sql) const {
        const Table table = (*this)(sql);
        REQUIRE(table.rows() == 1);
        return text_of(table.columns.front().at(0));
    }

  private:
    RecordBuilder builder_ = study();
    Sweeps sweeps_{{{"study", "/study", &builder_.record()}}};
};

}  // namespace

TEST_CASE("SQL reads every table") {
    const Asker ask;
    CHECK(ask.one("SELECT count(*) FROM trials") == "4");
    CHECK(ask.one("SELECT count(*) FROM epochs") == "6");
    CHECK(ask.one("SELECT count(*) FROM attempts") == "4");
    CHECK(ask.one("SELECT classes FROM datasets") == "2");
    CHECK(ask.one("SELECT image FROM skipped") == "broken.jpg: truncated");
    CHECK(ask.one("SELECT host FROM provenance") == "node1");
    CHECK(ask.one("SELECT sweep FROM provenance") == "study");
}

TEST_CASE("SQL: every column has the type and the cells of its table") {
    RecordBuilder builder = study();
    const Sweeps sweeps({{"study", "/study", &builder.record()}});
    for (const auto name : kTableNames) {
        const Columns& table = sweeps.table(name);
        const Table found = sql_answer(sweeps, "SELECT * FROM " + std::string(name));
        CHECK(found.column_names() == table.column_names());
        for (const auto& column : found.columns) {
            INFO(name << "." << column.name);
            CHECK(column.is_text() == table.at(column.name).is_text());
            for (std::size_t row = 0; row < table.rows(); ++row) {
                CHECK(text_of(column.at(row)) == text_of(table.at(column.name).at(row)));
            }
        }
    }
}

TEST_CASE("SQL: the rows of one trial are found by an index, in a join, too") {
    const Asker ask;
    const auto trial = ask.one("SELECT trial FROM trials WHERE seed = 2");
    CHECK(ask.one("SELECT count(*) FROM epochs WHERE trial = '" + trial + "'") == "2");
    CHECK(ask.one("SELECT count(*) FROM epochs WHERE trial = 'none'") == "0");
    CHECK(ask.one("SELECT count(*) FROM epochs WHERE trial IS NULL") == "0");
    CHECK(ask.one("SELECT count(*) FROM epochs WHERE trial = NULL") == "0");
    CHECK(ask.one("SELECT count(*) FROM epochs WHERE trial = lower('" + trial + "')") == "2");
    CHECK(ask.one("SELECT count(*) FROM epochs WHERE trial = upper('" + trial +
                  "') COLLATE NOCASE") == "2");
    CHECK(ask("SELECT t.seed, max(e.val_auc) FROM trials t JOIN epochs e ON e.trial = t.trial "
              "GROUP BY t.seed")
              .rows() == 3);
    const Table plan = ask("EXPLAIN QUERY PLAN SELECT * FROM trials t JOIN epochs e USING (trial)");
    CHECK(text_of(plan.at("detail").at(1)).find("VIRTUAL TABLE INDEX 1") != std::string::npos);
}

TEST_CASE("SQL: median, deviation and interval, without what is missing") {
    const Asker ask;
    const Table table =
        ask("SELECT median(val_auc) m, stddev(val_auc) s, ci_low(val_auc) l, ci_high(val_auc) h, "
            "median(seed) even, median(best_phase = 'none') none FROM trials");
    CHECK(table.at("m").number(0) == Approx(0.8));
    const double sd = 0.1258305739;
    CHECK(table.at("s").number(0) == Approx(sd));
    CHECK(table.at("l").number(0) == Approx(2.45 / 3 - 4.302652730 * sd / std::sqrt(3)));
    CHECK(table.at("h").number(0) == Approx(2.45 / 3 + 4.302652730 * sd / std::sqrt(3)));
    CHECK(table.at("even").number(0) == 2.5);
    CHECK(ask.one("SELECT ci_low(val_auc) FROM trials WHERE seed = 1").empty());
    CHECK(ask.one("SELECT median(val_auc) FROM trials WHERE seed = 99").empty());
}

TEST_CASE("SQL: cells of several types, missing ones, and names that come twice") {
    const Asker ask;
    const Table table = ask(
        "SELECT 1 a, NULL b, 'x' c, 1.5 d, x'00ff' e, 2 a UNION ALL SELECT 2, 'y', NULL, 2, 3, 4");
    CHECK(table.column_names() == std::vector<std::string>{"a", "b", "c", "d", "e", "a_2"});
    CHECK(std::holds_alternative<Integers>(table.at("a").data));
    CHECK(text_of(table.at("b").at(0)).empty());
    CHECK(text_of(table.at("b").at(1)) == "y");
    CHECK(text_of(table.at("c").at(1)).empty());
    CHECK(table.at("d").number(1) == 2);
    CHECK(text_of(table.at("e").at(0)) == "00ff");
    CHECK(text_of(table.at("e").at(1)) == "3");
    CHECK(ask("SELECT trial FROM trials WHERE seed = 99").column_names().size() == 1);
}

TEST_CASE("SQL that would do more than read is refused, and nothing happens") {
    const tests::TemporaryDirectory directory;
    const std::string file = (directory / "x").string();
    const Asker ask;
    for (const std::string sql :
         {"INSERT INTO trials(trial) VALUES ('x')", "UPDATE trials SET seed = 1",
          "DELETE FROM trials", "DROP TABLE trials", "CREATE TABLE x(y)",
          "CREATE TEMP TABLE x AS SELECT 1", "CREATE VIRTUAL TABLE x USING trials",
          "ATTACH '@' AS y", "VACUUM INTO '@'", "VACUUM", "PRAGMA temp_store_directory = '@'",
          "PRAGMA journal_mode = delete", "PRAGMA writable_schema = 1", "BEGIN", "REINDEX",
          "ANALYZE", "SELECT load_extension('@')", "EXPLAIN DELETE FROM trials",
          "WITH t AS (SELECT 1) INSERT INTO trials(seed) SELECT * FROM t"}) {
        std::string text = sql;
        if (const auto at = text.find('@'); at != std::string::npos) {
            text.replace(at, 1, file);
        }
        INFO(text);
        CHECK_THROWS_WITH(ask(text),
                          ContainsSubstring("only reads") && ContainsSubstring("Write a SELECT."));
    }
    CHECK(std::filesystem::is_empty(directory.path()));
    CHECK_THROWS_AS(ask("SELECT writefile('" + file + "', 'x')"), core::InputError);
}

TEST_CASE("SQL that is wrong is told with the nearest name") {
    const Asker ask;
    CHECK_THROWS_WITH(ask("SELECT * FROM trails"), ContainsSubstring("Did you mean 'trials'?"));
    CHECK_THROWS_WITH(ask("SELECT t.val_uac FROM trials t"),
                      ContainsSubstring("unknown column 'val_uac'") &&
                          ContainsSubstring("Did you mean 'val_auc'?"));
    CHECK_THROWS_WITH(ask("SELECT \"val_uac\" FROM trials"), ContainsSubstring("'val_auc'"));
    CHECK_THROWS_WITH(ask("SELECT zzz FROM trials"),
                      ContainsSubstring("unknown column 'zzz' in the SQL (nothing"));
    CHECK_THROWS_WITH(ask("SELEKT 1"), ContainsSubstring("near \"SELEKT\": syntax error"));
    CHECK_THROWS_WITH(ask("SELECT 1; SELECT 2"), ContainsSubstring("several statements"));
    CHECK_THROWS_WITH(ask(" -- nothing"), ContainsSubstring("empty"));
    CHECK(ask.one("SELECT 1;  -- one\n") == "1");
}

}  // namespace graft::results
